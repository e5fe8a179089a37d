rule simulate:
    output:
        subjects=source("subjects.csv"),
        expression=source("expression.parquet"),
        labs=source("labs.csv"),
        truth=source("truth.json"),
    log:
        result("logs/simulate.log"),
    benchmark:
        result("benchmarks/simulate.tsv")
    params:
        files=files,
        settings=settings("simulate", seed=config["study"]["seed"]),
        code=code_digest("simulate"),
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    conda:
        "../environment.yml"
    shell:
        stage("simulate")
