#: Files of each further modality
FURTHER = {
    "assay-image": ["plates.tif", "wells.csv"],
    "copy-number": ["segments.csv.gz", "gene_places.csv"],
    "maxquant": ["proteinGroups.txt.gz"],
    "single-cell": ["cells.h5ad"],
}


rule simulate:
    output:
        subjects=source("subjects.csv"),
        expression=source("expression.parquet"),
        samples=source("expression_samples.csv"),
        labs=source("labs.csv"),
        mutations=source("mutations.maf.gz"),
        sequenced=source("sequenced.csv"),
        proteins=source("npx.csv.gz"),
        further=[source(file) for kind in config["simulate"].get("further", ()) for file in FURTHER[kind]],
        truth=source("truth.json"),
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
