rule subjects:
    input:
        sources=paths_in(config["subjects"]),
    output:
        subjects=result("cohort/subjects.parquet"),
        quarantine=result("quarantine/subjects.parquet"),
        flow=result("flow/subjects.parquet"),
        privacy=result("privacy/subjects.parquet"),
    log:
        result("logs/subjects.log"),
    benchmark:
        result("benchmarks/subjects.tsv")
    conda:
        "../environment.yml"
    threads: 1
    resources:
        mem_mb=megabytes,
        runtime=30,
    params:
        files=files,
        settings=settings(
            "subjects",
            "privacy",
            dates=sorted({m["index_date"] for m in config["modalities"].values() if m.get("index_date")}),
            baseline=sorted(
                {
                    m["index_date"]
                    for m in config["modalities"].values()
                    if m.get("index_date") and m.get("when", "baseline") == "baseline"
                }
            ),
            begin=(config["quality"].get("records") or {}).get("begin"),
        ),
        code=code_digest("subjects"),
        # not of `input`: what a function makes of that is no reason for Snakemake to run a job again
        within=lambda wildcards: PACKAGED["folder_marks"](paths_in(config["subjects"])),
    shell:
        stage("subjects")


rule endpoints:
    input:
        sources=[*paths_in(config["subjects"]), *paths_in(config["endpoints"])],
        subjects=result("cohort/subjects.parquet"),
    output:
        endpoints=result("cohort/endpoints.parquet"),
        flow=result("flow/endpoints.parquet"),
    log:
        result("logs/endpoints.log"),
    benchmark:
        result("benchmarks/endpoints.tsv")
    conda:
        "../environment.yml"
    threads: 1
    resources:
        mem_mb=megabytes,
        runtime=30,
    params:
        files=files,
        settings=settings("subjects", "endpoints", "privacy"),
        code=code_digest("endpoints"),
        within=lambda wildcards: PACKAGED["folder_marks"](
            [*paths_in(config["subjects"]), *paths_in(config["endpoints"])]
        ),
    shell:
        stage("endpoints")


rule ingest:
    input:
        sources=lambda wildcards: paths_in(config["modalities"][wildcards.modality]),
    output:
        content=result("ingest/{modality}.parquet"),
        quarantine=result("quarantine/{modality}.parquet"),
        flow=result("flow/ingest.{modality}.parquet"),
        privacy=result("privacy/{modality}.parquet"),
    log:
        result("logs/ingest.{modality}.log"),
    benchmark:
        result("benchmarks/ingest.{modality}.tsv")
    conda:
        "../environment.yml"
    threads: 1
    resources:
        mem_mb=megabytes,
        runtime=60,
    params:
        files=files,
        settings=settings(
            "privacy",
            modality=lambda wildcards: wildcards.modality,
            source=lambda wildcards: config["modalities"][wildcards.modality],
            post_baseline=config["subjects"]["post_baseline"],
        ),
        code=code_digest("ingest"),
        within=lambda wildcards: PACKAGED["folder_marks"](paths_in(config["modalities"][wildcards.modality])),
    shell:
        stage("ingest")
