rule economics:
    input:
        marker=result("trial/marker.parquet"),
        designs=result("trial/designs.parquet"),
    output:
        strategies=result("economics/strategies.parquet"),
        tsv=result("economics/strategies.tsv"),
        tornado=result("economics/tornado.parquet"),
        plane=result("economics/plane.parquet"),
        acceptability=result("economics/acceptability.parquet"),
        information=result("economics/information.parquet"),
        prices=result("economics/prices.parquet"),
        budget=result("economics/budget.parquet"),
        cheers=result("economics/cheers.parquet"),
        assumptions=result("economics/assumptions.parquet"),
    log:
        result("logs/economics.log"),
    benchmark:
        result("benchmarks/economics.tsv")
    conda:
        "../environment.yml"
    threads: 1
    resources:
        mem_mb=megabytes,
        runtime=60,
    params:
        files=files,
        settings=settings("economics", seed=config["study"]["seed"]),
        code=code_digest("economics"),
    shell:
        stage("economics")
