rule screen:
    input:
        subjects=result("cohort/subjects.parquet"),
        endpoints=result("cohort/endpoints.parquet"),
        features=result("features/{modality}.parquet"),
    output:
        screen=result("screen/{contrast}.{modality}.parquet"),
        flow=result("flow/screen.{contrast}.{modality}.parquet"),
    log:
        result("logs/screen.{contrast}.{modality}.log"),
    benchmark:
        result("benchmarks/screen.{contrast}.{modality}.tsv")
    conda:
        "../environment.yml"
    threads: 1
    resources:
        mem_mb=megabytes,
        runtime=240,
    params:
        files=files,
        settings=settings(
            "features",
            "screen",
            modality=lambda wildcards: wildcards.modality,
            contrast=lambda wildcards: wildcards.contrast,
            seed=config["study"]["seed"] if config["screen"]["permutations"] else 0,
        ),
        code=code_digest("screen"),
    shell:
        stage("screen")
