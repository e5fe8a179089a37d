rule quality:
    input:
        subjects=result("cohort/subjects.parquet"),
        endpoints=result("cohort/endpoints.parquet"),
        content=expand(result("ingest/{modality}.parquet"), modality=config["modalities"]),
        quarantine=expand(result("quarantine/{modality}.parquet"), modality=config["modalities"]),
        sources=[*paths_in(config["subjects"]), *paths_in(config["quality"])],
    output:
        findings=result("quality/findings.parquet"),
        tsv=result("quality/findings.tsv"),
        samples=result("quality/samples.parquet"),
        batches=result("quality/batches.parquet"),
        missingness=result("quality/missingness.parquet"),
        balance=result("quality/balance.parquet"),
        drift=result("quality/drift.parquet"),
        records=result("quality/records.parquet"),
        controls=result("quality/controls.parquet"),
        methods=result("quality/methods.parquet"),
        methods_tsv=result("quality/methods.tsv"),
        moving=result("quality/moving.parquet"),
    log:
        result("logs/quality.log"),
    benchmark:
        result("benchmarks/quality.tsv")
    conda:
        "../environment.yml"
    threads: 1
    resources:
        mem_mb=megabytes,
        runtime=60,
    params:
        files=files,
        settings=settings(
            "quality",
            "subjects",
            "privacy",
            modalities=lambda _: config["modalities"],
            seed=config["study"]["seed"],
        ),
        code=code_digest("quality"),
        within=lambda wildcards: PACKAGED["folder_marks"](paths_in(config["subjects"])),
    shell:
        stage("quality")
