rule formula_search:
    input:
        subjects=result("cohort/subjects.parquet"),
        endpoints=result("cohort/endpoints.parquet"),
        features=expand(result("features/{modality}.parquet"), modality=BASELINE),
    output:
        survivors=result("formula/search_{part}.parquet"),
        scanned=result("formula/scanned_{part}.parquet"),
    log:
        result("logs/formula_search.{part}.log"),
    benchmark:
        result("benchmarks/formula_search.{part}.tsv")
    conda:
        "../environment.yml"
    threads: 2
    resources:
        mem_mb=FORMULA.get("memory_mb", 3000) + 1000,
        runtime=720,
    params:
        files=files,
        settings=settings(
            "formula",
            "features",
            strata=config["screen"]["strata"],
            seed=config["study"]["seed"],
            part=lambda wildcards: wildcards.part,
        ),
        code=code_digest("formula_search"),
    shell:
        stage("formula_search")


rule formula:
    input:
        subjects=result("cohort/subjects.parquet"),
        endpoints=result("cohort/endpoints.parquet"),
        features=expand(result("features/{modality}.parquet"), modality=BASELINE),
        survivors=expand(result("formula/search_{part}.parquet"), part=FORMULA_PARTS),
        scanned=expand(result("formula/scanned_{part}.parquet"), part=FORMULA_PARTS),
    output:
        candidates=result("formula/candidates.parquet"),
        formulas=result("formula/formulas.parquet"),
        tsv=result("formula/formulas.tsv"),
        counts=result("formula/counts.parquet"),
        counts_tsv=result("formula/counts.tsv"),
        groups=result("formula/groups.parquet"),
        maps=result("formula/maps.parquet"),
    log:
        result("logs/formula.log"),
    benchmark:
        result("benchmarks/formula.tsv")
    conda:
        "../environment.yml"
    threads: 2
    resources:
        mem_mb=FORMULA.get("memory_mb", 3000) + 1000,
        runtime=720,
    params:
        files=files,
        settings=settings(
            "formula",
            "features",
            strata=config["screen"]["strata"],
            seed=config["study"]["seed"],
        ),
        code=code_digest("formula"),
    shell:
        stage("formula")
