PAYER = config["economics"]
FEATURES = expand(result("features/{modality}.parquet"), modality=config["modalities"])


rule trial:
    input:
        subjects=result("cohort/subjects.parquet"),
        endpoints=result("cohort/endpoints.parquet"),
        candidates=result("candidates.parquet"),
        effects=result("candidate_effects.parquet"),
        cutoffs=result("candidate_cutoffs.parquet"),
        features=FEATURES if PAYER["utility_feature"] else [],
    output:
        marker=result("trial/marker.parquet"),
        designs=result("trial/designs.parquet"),
        tsv=result("trial/designs.tsv"),
        recommendation=result("trial/recommendation.parquet"),
        search=result("trial/search.parquet"),
        boundaries=result("trial/boundaries.parquet"),
        zones=result("trial/zones.parquet"),
        operating=result("trial/operating.parquet"),
        heatmap=result("trial/heatmap.parquet"),
        learning=result("trial/learning.parquet"),
    log:
        result("logs/trial.log"),
    benchmark:
        result("benchmarks/trial.tsv")
    conda:
        "../environment.yml"
    threads: 1
    resources:
        mem_mb=megabytes,
        runtime=120,
    params:
        files=files,
        settings=settings(
            "trial",
            "economics",
            "rank",
            assignment=config["subjects"]["treatment"].get("assignment") if "predictive" in contrasts() else None,
            seed=config["study"]["seed"],
        ),
        code=code_digest("trial"),
    shell:
        stage("trial")
