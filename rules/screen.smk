rule screen:
    input:
        subjects=result("cohort/subjects.parquet"),
        endpoints=result("cohort/endpoints.parquet"),
        features=result("features/{modality}.parquet"),
    output:
        screen=expand(result("screen/{contrast}.{{modality}}.parquet"), contrast=contrasts()),
        flow=expand(result("flow/screen.{contrast}.{{modality}}.parquet"), contrast=contrasts()),
    log:
        result("logs/screen.{modality}.log"),
    benchmark:
        result("benchmarks/screen.{modality}.tsv")
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
            contrasts=contrasts(),
            seed=config["study"]["seed"] if config["screen"]["permutations"] else 0,
        ),
        code=code_digest("screen"),
    shell:
        stage("screen")
