#: Files of each further modality
FURTHER = {
    "assay-image": ["plates.tif", "wells.csv"],
    "copy-number": ["segments.csv.gz", "gene_places.csv"],
    "maxquant": ["proteinGroups.txt.gz"],
    "single-cell": ["cells.h5ad"],
    "vcf": ["mutations.vcf.gz"],
}
# Clinical records of the simulated patients, where they are asked for
RECORDS = [
    *[f"{name}.xpt" for name in ("dm", "suppdm", "lb", "ae", "cm", "ds", "ex", "mh", "adsl")],
    *["adtte.json", "adrs.json", "adlb.json", "notes.ndjson", "diary.csv", "value_set.csv"],
    *[f"cdm/{name}.parquet" for name in ("concept", "concept_ancestor", "condition_occurrence", "drug_exposure")],
    *[f"cdm/{name}.parquet" for name in ("measurement", "note", "observation_period", "person", "visit_occurrence")],
    *[f"fhir/{name}.ndjson.gz" for name in ("Patient", "Condition", "Observation", "DocumentReference")],
]


rule simulate:
    output:
        subjects=source("subjects.csv"),
        expression=source("expression.parquet"),
        samples=source("expression_samples.csv"),
        labs=source("labs.csv"),
        controls=source("controls.csv"),
        mutations=source("mutations.maf.gz"),
        sequenced=source("sequenced.csv"),
        proteins=source("npx.csv.gz"),
        further=[source(file) for kind in config["simulate"].get("further", ()) for file in FURTHER[kind]],
        truth=source("truth.json"),
        records=[source(f"records/{name}") for name in RECORDS if config["simulate"].get("records")],
    log:
        result("logs/simulate.log"),
    benchmark:
        result("benchmarks/simulate.tsv")
    conda:
        "../environment.yml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        files=files,
        settings=settings("simulate", seed=config["study"]["seed"]),
        code=code_digest("simulate"),
    shell:
        stage("simulate")
