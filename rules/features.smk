rule features:
    input:
        content=result("ingest/{modality}.parquet"),
        subjects=result("cohort/subjects.parquet"),
    output:
        features=result("features/{modality}.parquet"),
        flow=result("flow/features.{modality}.parquet"),
    log:
        result("logs/features.{modality}.log"),
    benchmark:
        result("benchmarks/features.{modality}.tsv")
    conda:
        "../environment.yml"
    threads: 1
    resources:
        mem_mb=megabytes,
        runtime=60,
    params:
        files=files,
        settings=settings(
            modality=lambda wildcards: wildcards.modality,
            source=lambda wildcards: config["modalities"][wildcards.modality],
        ),
        code=code_digest("features"),
    shell:
        stage("features")
