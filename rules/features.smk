rule features:
    input:
        content=result("ingest/{modality}.parquet"),
        subjects=result("cohort/subjects.parquet"),
        # what quality control flags is left out or mended only where the policy says so
        quality=expand(
            result("quality/{table}.parquet"),
            table=["samples", "drift", "controls"] if config["quality"]["policy"] != "flag" else [],
        ),
        # in which batch each sample was measured, where that is to be corrected
        batch=lambda wildcards: [
            source(table["path"])
            for modality, table in config["quality"]["batches"].items()
            if modality == wildcards.modality and table.get("correct", "none") != "none"
        ],
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
            policy=config["quality"]["policy"],
            batch=lambda wildcards: config["quality"]["batches"].get(wildcards.modality),
        ),
        code=code_digest("features"),
    shell:
        stage("features")
