FURTHER = runpy.run_path(str(PACKAGE / "data" / "further.py"))
COHORTS = FURTHER["cohorts"](config["replication"], (study_file() or Path()).parent, config["study"]["name"])


rule replicate:
    input:
        subjects=result("cohort/subjects.parquet"),
        endpoints=result("cohort/endpoints.parquet"),
        features=expand(result("features/{modality}.parquet"), modality=BASELINE),
        screen=expand(result("screen/{contrast}.{modality}.parquet"), **SCREENED),
        formula=[] if FORMULA is None else [result("formula/candidates.parquet")],
        formulas=[] if FORMULA is None else [result("formula/formulas.parquet")],
        # of the further cohorts' own studies, which `biomarker run` brings up to their features first
        further=[
            f"results/{cohort['name']}/{path}"
            for cohort in COHORTS
            for path in [
                "cohort/subjects.parquet",
                "cohort/endpoints.parquet",
                *expand("features/{modality}.parquet", modality=sorted({*BASELINE} & {*cohort["modalities"]})),
            ]
        ],
    output:
        replication=result("replication.parquet"),
        tsv=result("replication.tsv"),
        effects=result("replication_effects.parquet"),
    log:
        result("logs/replicate.log"),
    benchmark:
        result("benchmarks/replicate.tsv")
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
            screen={key: config["screen"][key] for key in ("min_group", "min_events")},
            seed=config["study"]["seed"],
            cohorts=[
                {"name": cohort["name"], "modalities": sorted({*BASELINE} & {*cohort["modalities"]})}
                for cohort in COHORTS
            ],
        ),
        code=code_digest("replicate"),
    shell:
        stage("replicate")
