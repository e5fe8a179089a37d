rule account:
    input:
        flow=[
            result("flow/subjects.parquet"),
            result("flow/endpoints.parquet"),
            *expand(result("flow/ingest.{modality}.parquet"), modality=config["modalities"]),
            *expand(result("flow/features.{modality}.parquet"), modality=config["modalities"]),
            *expand(result("flow/screen.{contrast}.{modality}.parquet"), **SCREENED),
            *expand(result("flow/landmark.{modality}.parquet"), modality=ON_TREATMENT),
        ],
    output:
        flow=result("flow.parquet"),
        tsv=result("flow.tsv"),
    log:
        result("logs/account.log"),
    benchmark:
        result("benchmarks/account.tsv")
    conda:
        "../environment.yml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        files=files,
        settings=settings(),
        code=code_digest("account"),
    shell:
        stage("account")


LOCKS = [str(lock) for lock in map(HISTORY["lock_file"], filter(None, [study_file()])) if lock.is_file()]
EDITIONS = config["report"]["editions"]
EDITION_FILES = {
    "html": "index.html",
    "json": "report.json",
    "pdf": "report.pdf",
    "xlsx": "candidates.xlsx",
    "tsv": "candidates.tsv",
    "tables": "tables.zip",
    "dossiers": "dossiers.zip",
}
EDITION_FOLDERS = {"partner": "report", "internal": "report/internal"}


report: "../workflow/report/workflow.rst"


#: What Snakemake's own report shows; what is internal stays out of it
SHOWN = {("partner", kind) for kind in ("html", "pdf", "tsv")}
#: Tables of the next study, of its economics and of quality control that the report draws from
TRIAL = ["marker", "designs", "recommendation", "boundaries", "zones", "operating", "heatmap", "learning"]
ECONOMICS = ["strategies", "tornado", "plane", "acceptability", "information", "prices", "budget", "transitions"]
ECONOMICS += ["cheers"]
QUALITY = ["findings", "drift", "missingness", "controls", "methods", "moving", "records"]


rule report:
    input:
        candidates=result("candidates.parquet"),
        flow=result("flow.parquet"),
        curves=result("candidate_curves.parquet"),
        overall=result("overall_effects.parquet"),
        endpoints=result("cohort/endpoints.parquet"),
        subjects=result("cohort/subjects.parquet"),  # identifiers, so that none is told
        screen=expand(result("screen/{contrast}.{modality}.parquet"), **SCREENED),
        quarantine=[
            result("quarantine/subjects.parquet"),
            *expand(result("quarantine/{modality}.parquet"), modality=config["modalities"]),
        ],
        lock=LOCKS,  # of the study file, where somebody locked it beforehand
        # result tables that sections draw from where the study has them; a further one is one line here
        tables=[
            result("candidate_effects.parquet"),
            result("candidate_cutoffs.parquet"),
            result("null.parquet"),
            result("stability/lists.parquet"),
            *([result("replication.parquet")] if config["replication"] else []),
            *expand(result("quality/{table}.parquet"), table=QUALITY),
            *expand(
                result("formula/{table}.parquet"),
                table=["formulas", "counts", "groups", "maps"] if FORMULA is not None else [],
            ),
            *expand(result("landmark/{modality}.parquet"), modality=ON_TREATMENT),
            *expand(result("trial/{table}.parquet"), table=TRIAL),
            *expand(result("economics/{table}.parquet"), table=ECONOMICS),
        ],
    output:
        **{
            f"{edition}_{kind}": (
                report(path, caption=f"../workflow/report/{kind}.rst", category="Report", labels={"file": kind})
                if (edition, kind) in SHOWN
                else path
            )
            for edition in EDITIONS
            for kind, name in EDITION_FILES.items()
            for path in [result(f"{EDITION_FOLDERS[edition]}/{name}")]
        },
    log:
        result("logs/report.log"),
    benchmark:
        result("benchmarks/report.tsv")
    conda:
        "../environment.yml"
    threads: 1
    resources:
        mem_mb=megabytes,
        runtime=60,
    params:
        files=files,
        settings=settings(
            "study",
            "subjects",
            "rank",
            "report",
            modalities={name: m["type"] for name, m in config["modalities"].items()},
            state=STUDY_STATE if LOCKS else None,
        ),
        code=code_digest("report"),
    shell:
        stage("report")
