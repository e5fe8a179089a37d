rule predictive:
    input:
        subjects=result("cohort/subjects.parquet"),
        endpoints=result("cohort/endpoints.parquet"),
        features=expand(result("features/{modality}.parquet"), modality=BASELINE),
    output:
        markers=result("predictive/markers.parquet"),
        questions=result("predictive/questions.parquet"),
        tsv=result("predictive/questions.tsv"),
    log:
        result("logs/predictive.log"),
    benchmark:
        result("benchmarks/predictive.tsv")
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
            "predictive",
            screen={key: config["screen"][key] for key in ("min_group", "min_events", "prespecified")},
            seed=config["study"]["seed"],
        ),
        code=code_digest("predictive"),
    shell:
        stage("predictive")
