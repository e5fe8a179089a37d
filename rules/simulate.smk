rule simulate:
    output:
        subjects=source("subjects.csv"),
        expression=source("expression.parquet"),
        samples=source("expression_samples.csv"),
        labs=source("labs.csv"),
        mutations=source("mutations.maf.gz"),
        sequenced=source("sequenced.csv"),
        proteins=source("npx.csv.gz"),
        truth=source("truth.json"),
    log:
        result("logs/simulate.log"),
    benchmark:
        result("benchmarks/simulate.tsv")
    conda:
        "../environment.yml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        files=files,
        settings=settings("simulate", seed=config["study"]["seed"]),
        code=code_digest("simulate"),
    shell:
        stage("simulate")
