COHORT = any(PAYER[key] is not None for key in ("utility_feature", "visits"))


rule economics:
    input:
        marker=result("trial/marker.parquet"),
        designs=result("trial/designs.parquet"),
        subjects=result("cohort/subjects.parquet") if COHORT else [],
        endpoints=result("cohort/endpoints.parquet") if COHORT else [],
        cutoffs=result("candidate_cutoffs.parquet") if COHORT else [],
        features=FEATURES if COHORT else [],
        formula=[result("formula/formulas.parquet")] if COHORT and FORMULA is not None else [],
        visits=source(PAYER["visits"]["path"]) if PAYER["visits"] else [],
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
        transitions=result("economics/transitions.parquet"),
        trajectories=result("economics/trajectories.parquet"),
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
        settings=settings(
            "economics",
            "privacy",
            seed=config["study"]["seed"],
            small_cell=config["report"]["small_cell"],
        ),
        code=code_digest("economics"),
    shell:
        stage("economics")
