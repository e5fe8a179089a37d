SCREENED = {"contrast": contrasts(), "modality": BASELINE}
FORMULA = config.get("formula")
FORMULA_PARTS = range((FORMULA or {}).get("parts", 1))


if FORMULA is not None:

    include: "formula.smk"


if "predictive" in contrasts():

    include: "predictive.smk"


rule stability:
    input:
        subjects=result("cohort/subjects.parquet"),
        endpoints=result("cohort/endpoints.parquet"),
        features=expand(result("features/{modality}.parquet"), modality=BASELINE),
        screen=expand(result("screen/{contrast}.{modality}.parquet"), **SCREENED),
    output:
        features=result("stability/features.parquet"),
        lists=result("stability/lists.parquet"),
        tsv=result("stability/lists.tsv"),
    log:
        result("logs/stability.log"),
    benchmark:
        result("benchmarks/stability.tsv")
    conda:
        "../environment.yml"
    threads: 1
    resources:
        mem_mb=megabytes,
        runtime=120,
    params:
        files=files,
        settings=settings(
            stability=config["rank"]["stability"],
            seed=config["study"]["seed"],
        ),
        code=code_digest("stability"),
    shell:
        stage("stability")


if config["replication"]:

    include: "replicate.smk"


rule rank:
    input:
        screen=expand(result("screen/{contrast}.{modality}.parquet"), **SCREENED),
        endpoints=result("cohort/endpoints.parquet"),
        formula=[] if FORMULA is None else [result("formula/candidates.parquet")],
        features=expand(result("features/{modality}.parquet"), modality=BASELINE),
        replication=[result("replication.parquet")] if config["replication"] else [],
        stability=expand(result("stability/{table}.parquet"), table=["features", "lists"]),
        quality=result("quality/findings.parquet"),
        predictive=expand(
            result("predictive/{table}.parquet"),
            table=["markers", "questions"] if "predictive" in contrasts() else [],
        ),
    output:
        candidates=result("candidates.parquet"),
        tsv=result("candidates.tsv"),
        scores=result("candidate_scores.parquet"),
    log:
        result("logs/rank.log"),
    benchmark:
        result("benchmarks/rank.tsv")
    conda:
        "../environment.yml"
    threads: 1
    resources:
        mem_mb=megabytes,
        runtime=60,
    params:
        files=files,
        settings=settings(
            "rank",
            assignment=config["subjects"]["treatment"].get("assignment") if "predictive" in contrasts() else None,
        ),
        code=code_digest("rank"),
    shell:
        stage("rank")


rule effects:
    input:
        subjects=result("cohort/subjects.parquet"),
        endpoints=result("cohort/endpoints.parquet"),
        candidates=result("candidates.parquet"),
        features=expand(result("features/{modality}.parquet"), modality=BASELINE),
        formula=[] if FORMULA is None else [result("formula/formulas.parquet")],
        replication=[result("replication_effects.parquet")] if config["replication"] else [],
    output:
        curves=result("candidate_curves.parquet"),
        overall=result("overall_effects.parquet"),
        tsv=result("overall_effects.tsv"),
        effects=result("candidate_effects.parquet"),
        effects_tsv=result("candidate_effects.tsv"),
        cutoffs=result("candidate_cutoffs.parquet"),
        cutoffs_tsv=result("candidate_cutoffs.tsv"),
        rules=result("candidate_rules.parquet"),
        recipes=result("candidate_recipes.parquet"),
    log:
        result("logs/effects.log"),
    benchmark:
        result("benchmarks/effects.tsv")
    conda:
        "../environment.yml"
    threads: 1
    resources:
        mem_mb=megabytes,
        runtime=60,
    params:
        files=files,
        settings=settings(
            "rank",
            seed=config["study"]["seed"],
            report={key: config["report"][key] for key in ("curves", "small_cell")},
        ),
        code=code_digest("effects"),
    shell:
        stage("effects")


include: "trial.smk"
include: "economics.smk"
