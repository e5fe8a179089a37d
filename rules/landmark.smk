rule landmark:
    input:
        subjects=result("cohort/subjects.parquet"),
        endpoints=result("cohort/endpoints.parquet"),
        features=result("features/{modality}.parquet"),
    output:
        landmark=result("landmark/{modality}.parquet"),
        tsv=result("landmark/{modality}.tsv"),
        flow=result("flow/landmark.{modality}.parquet"),
    log:
        result("logs/landmark.{modality}.log"),
    benchmark:
        result("benchmarks/landmark.{modality}.tsv")
    wildcard_constraints:
        modality="|".join(ON_TREATMENT),
    conda:
        "../environment.yml"
    threads: 1
    resources:
        mem_mb=megabytes,
        runtime=60,
    params:
        files=files,
        settings=settings(
            "features",
            "rank",
            "screen",
            modality=lambda wildcards: wildcards.modality,
            landmark=lambda wildcards: config["modalities"][wildcards.modality]["landmark"],
            seed=config["study"]["seed"] if config["screen"]["permutations"] else 0,
        ),
        code=code_digest("landmark"),
    shell:
        stage("landmark")
