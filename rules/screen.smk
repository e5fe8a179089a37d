from collections import defaultdict

#: Modalities that were taken under treatment: nothing of them is a candidate
ON_TREATMENT = [name for name, given in config["modalities"].items() if given.get("when") == "on-treatment"]
BASELINE = [name for name in config["modalities"] if name not in ON_TREATMENT]
#: Modalities of rules that do not run for all of them
OF_RULE = defaultdict(lambda: config["modalities"], screen=BASELINE, landmark=ON_TREATMENT)


if ON_TREATMENT:

    include: "landmark.smk"


rule screen:
    input:
        subjects=result("cohort/subjects.parquet"),
        endpoints=result("cohort/endpoints.parquet"),
        features=result("features/{modality}.parquet"),
    output:
        screen=expand(result("screen/{contrast}.{{modality}}.parquet"), contrast=contrasts()),
        flow=expand(result("flow/screen.{contrast}.{{modality}}.parquet"), contrast=contrasts()),
    log:
        result("logs/screen.{modality}.log"),
    benchmark:
        result("benchmarks/screen.{modality}.tsv")
    wildcard_constraints:
        modality="|".join(BASELINE),
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
            "screen",
            modality=lambda wildcards: wildcards.modality,
            contrasts=contrasts(),
            seed=config["study"]["seed"] if config["screen"]["permutations"] else 0,
        ),
        code=code_digest("screen"),
        stage="screen",
    shell:
        stage("{params.stage}")


# the same of permuted subjects, all modalities together as in a family
use rule screen as null with:
    input:
        subjects=result("cohort/subjects.parquet"),
        endpoints=result("cohort/endpoints.parquet"),
        features=expand(result("features/{modality}.parquet"), modality=BASELINE),
        screen=expand(result("screen/{contrast}.{modality}.parquet"), contrast=contrasts(), modality=BASELINE),
    output:
        null=result("null.parquet"),
        tsv=result("null.tsv"),
    log:
        result("logs/null.log"),
    benchmark:
        result("benchmarks/null.tsv")
    params:
        files=files,
        settings=settings(
            "features",
            "screen",
            seed=config["study"]["seed"],
            rank={key: config["rank"][key] for key in ("q", "correction")},
        ),
        code=code_digest("null"),
        stage="null",
