"""Every sentence and label that the page prints, in English. Another language is another file with the same keys.

A phrase holds no number: all of them come with the document. ``**`` marks what stands out.
"""

__all__ = ["CODE", "PHRASES"]

CODE = "en"

PHRASES = {
    "nothing": "",
    "list.between": ", ",
    "list.last": " and ",
    "interval.to": "to",
    "names.all": "{names:list}",
    "names.some": "{names:commas} and {n:count} more",
    "count.suppressed": "<{limit}",
    # --- the page itself
    "page.kind": "Biomarker report",
    "page.language": "English",
    "page.skip": "Skip to the content",
    "page.contents": "Contents",
    "page.study": "Study",
    "page.seed": "seed {seed}",
    "page.made": "Made by biomarker {version} from result tables alone. This file needs no network and sends nothing.",
    "page.made_unversioned": "Made by biomarker from result tables alone. This file needs no network and sends "
    "nothing.",
    "page.partner_safe": "No subject appears on this page: neither identifiers nor single values. Counts split by "
    "group are withheld below {limit}.",
    "page.edition.partner": "Partner edition",
    "page.edition.internal": "INTERNAL edition: not for partners",
    "page.internal": "Internal edition: counts are given as they are, also where they are small.",
    "page.save_json": "Save the data of this report (JSON)",
    "paper.rows": "The first {shown:count} of {n:count} rows are printed; the page and the spreadsheet hold all.",
    "paper.panels": "The first {shown:count} of {n:count} panels are printed; the page holds all.",
    # --- tools of a table
    "tools.search": "Search",
    "tools.search_hint": "Name, modality, endpoint",
    "tools.all": "All",
    "tools.called_only": "Only those that pass",
    "tools.shown": "{shown} of {total} rows",
    "tools.more": "Show more rows",
    "tools.everything": "Show all",
    "tools.save": "Save these rows (TSV)",
    "tools.empty": "No row fits. Clear the search or a filter.",
    "tools.no_script": "The first {shown:count} of {n:count} rows; the rest needs the page's own script, or the file.",
    "figure.data": "Data of this drawing",
    "dossier.back": "Back to the candidates",
    "tools.reset": "Clear",
    "tools.passes": "passes",
    # --- vocabulary
    "contrast.prognostic": "prognostic",
    "contrast.predictive": "predictive",
    "contrast.response": "response",
    "question.name": "{endpoint}: {contrast}",
    "question.endpoint": "{endpoint}",
    "question.endpoint_compared": "{endpoint} ({comparison})",
    "comparison.none": "all arms",
    "comparison.of": "{name}",
    "comparison.pair": "**{active}** with **{control}**",
    "arm.active": "active arm",
    "arm.control": "control arm",
    "direction.none": "no direction",
    "direction.prognostic.good": "high → better outcome",
    "direction.prognostic.bad": "high → worse outcome",
    "direction.predictive.good": "high → more benefit from {active}",
    "direction.predictive.bad": "low → more benefit from {active}",
    "direction.observed.good": "high → difference more in favour of {active}",
    "direction.observed.bad": "low → difference more in favour of {active}",
    "direction.short.observed.good": "high → more in favour",
    "direction.short.observed.bad": "low → more in favour",
    "direction.response.good": "high → better outcome",
    "direction.response.bad": "high → worse outcome",
    "direction.short.prognostic.good": "high → better outcome",
    "direction.short.prognostic.bad": "high → worse outcome",
    "direction.short.predictive.good": "high → more benefit",
    "direction.short.predictive.bad": "low → more benefit",
    "direction.short.response.good": "high → better outcome",
    "direction.short.response.bad": "high → worse outcome",
    "scale.odds": "Odds ratio",
    "scale.odds.short": "OR",
    "scale.hazard": "Hazard ratio",
    "scale.hazard.short": "HR",
    "scale.slope": "Difference",
    "scale.slope.short": "diff.",
    "scale.in_unit": "{scale} ({unit})",
    "scale.per_sd": "{scale} per SD",
    "scale.with": "{scale}, with : without",
    "scale.odds.interaction": "Ratio of odds ratios",
    "scale.odds.interaction.short": "ratio of ORs",
    "scale.hazard.interaction": "Ratio of hazard ratios",
    "scale.hazard.interaction.short": "ratio of HRs",
    "scale.slope.interaction": "Difference of differences",
    "scale.slope.interaction.short": "diff. of diffs",
    "endpoint.binary": "binary",
    "endpoint.continuous": "continuous",
    "endpoint.survival": "time to event",
    "endpoint.ordinal": "ordinal",
    "better.event": "the event is good",
    "better.non_event": "the event is bad",
    "better.higher": "higher is good",
    "better.lower": "lower is good",
    "better.longer": "longer is good",
    "better.shorter": "shorter is good",
    "summary_measure.binary": "odds ratio (OR)",
    "summary_measure.continuous": "difference of means (diff.)",
    "summary_measure.survival": "hazard ratio (HR)",
    "summary_measure.ordinal": "odds ratio (OR)",
    "unit.subjects": "{n:plural|subject|subjects}",
    "unit.rows": "{n:plural|row|rows}",
    "unit.endpoints": "{n:plural|endpoint|endpoints}",
    "unit.features": "{n:plural|feature|features}",
    "unit.tests": "{n:plural|test|tests}",
    # --- columns
    "column.contrast": "Question",
    "column.endpoint": "Endpoint",
    "column.comparison": "Comparison",
    "column.tested": "Features tested",
    "column.called": "Pass q ≤ {q}",
    "column.leading": "Leading candidate",
    "column.effect_per_sd": "Effect ({level:share} CI)",
    "column.effect": "Effect ({level:share} CI)",
    "column.effect_adjusted": "Adjusted ({level:share} CI)",
    "column.effect_unadjusted": "Unadjusted ({level:share} CI)",
    "column.p_value": "p",
    "column.q_value": "q",
    "column.n": "n",
    "column.events": "Events",
    "column.with_it": "With it",
    "column.rank": "Rank",
    "column.candidate": "Candidate",
    "column.kind": "Kind",
    "column.unit_of": "Of",
    "column.modality": "Modality",
    "column.direction": "Direction",
    "column.reason": "Reason",
    "column.regulator_question": "Question",
    "column.regulator_answer": "Answer in this report",
    "column.endpoint_type": "Type",
    "column.unit": "Unit",
    "column.better": "Good for the patient",
    "column.measure": "Summary measure",
    "column.favours": "Interval favours",
    "column.n_arm": "n, {arm}",
    "column.events_arm": "Events, {arm}",
    "column.file": "File",
    "column.read_as": "Read as",
    "column.field": "Field",
    "column.rows": "Rows",
    "column.expected_below": "p ≤ {q}, expected by chance",
    "column.observed_below": "p ≤ {q}, observed",
    "column.false_at_most": "Roughly false among these",
    "column.method": "Test",
    "column.effect_scale": "Scale of the tables",
    "column.tests": "Tests",
    "column.fewest": "Fewest n",
    "column.most": "Most n",
    "column.checksum": "Checksum",
    "column.package": "Package",
    "column.version": "Version",
    "column.what": "What",
    "column.value": "Value",
    "column.stage": "Stage",
    "column.seconds": "Seconds",
    "column.memory": "Peak memory, MB",
    "column.threads": "Threads",
    "column.device": "Device",
    "column.started": "Started",
    "column.formula": "Formula",
    "column.formula_reading": "In words",
    "column.formula_found": "Where found",
    "column.formula_adds": "Held out: adds",
    "column.formula_shows": "Held out: shows",
    "column.formula_parts": "Held out: parts",
    "column.formula_stability": "Steady",
    "column.formula_group": "Patients",
    "column.formula_share": "With the event, {arm}",
    "column.formula_mean": "Mean, {arm}",
    "column.formula_rate": "Events per unit of time, {arm}",
    "column.p_heldout": "p, held out",
    "column.quality_check": "Check",
    "column.quality_item": "Of what",
    "column.quality_checked": "Looked at",
    "column.quality_flagged": "Flagged",
    "column.quality_severity": "Weight",
    "column.quality_test": "Test",
    "column.quality_site": "Site",
    "column.quality_kind": "Change",
    "column.quality_onset": "Onset",
    "column.quality_between": "Onset between",
    "column.quality_change": "Change (interval)",
    "column.quality_crosses": "Crosses the limit",
    "column.quality_applied": "What became of results",
    "column.quality_unit": "Unit",
    "column.quality_of": "Of",
    "column.quality_missing": "Missing",
    "column.quality_factor": "Goes with",
    "column.quality_hint": "Hint at the mechanism",
    # --- summary
    "summary.title": "Decision summary",
    "summary.headline.nothing": "**Nothing was tested.** The result tables hold no screen and no candidate.",
    "summary.headline.none": "**No candidate passes** a false discovery rate of {q:share} in {tests:count} tests.",
    "summary.headline.one": "{found:list} at a false discovery rate of {q:share}.{none}",
    "summary.headline.some": "{found:list} at a false discovery rate of {q:share} within each question.{none}",
    "summary.found_none": " **No {contrasts:list} candidate** passes.",
    "summary.found.predictive": "**{n:count} predictive {n:plural|candidate|candidates}**{features} for {endpoints}",
    "summary.found.observed": "**{n:count} {n:plural|candidate|candidates}**{features} with which the difference "
    "between the arms, **which were not randomised**, changes for {endpoints}",
    "summary.found.prognostic": "**{n:count} prognostic {n:plural|candidate|candidates}**{features} for {endpoints}",
    "summary.found.response": "**{n:count} {n:plural|candidate|candidates}**{features} associated with {endpoints}",
    "summary.distinct": " ({n:count} different {n:plural|feature|features})",
    "summary.standing": "{design} {verdict}",
    "summary.design.randomised": "Subjects were randomised between {arms:list}: a marker that changes the effect of "
    "treatment (predictive) can be told from one that goes with the outcome across the arms (prognostic).",
    "summary.design.observational": "Treatment ({arms:list}) was **not randomised**.",
    "summary.design.single": "All subjects belong to one arm. A marker that goes with the outcome here may do so "
    "with any treatment: what is prognostic and what depends on the drug cannot be told apart.",
    "summary.verdict.some": "Each is a **candidate that needs confirmation** in subjects who did not choose it.",
    "summary.verdict.none": "That is no proof of absence: the intervals below say which effects these data exclude.",
    "tile.count": "{n:count}",
    "tile.subjects": "{n:plural|subject|subjects} analysed",
    "tile.subjects.note": "of {n:count} in the study; measured here",
    "tile.subjects.largest": "of {n:count}, in the largest analysis; measured here",
    "tile.features": "{n:plural|feature|features} tested",
    "tile.features.note": "of {n:count} measured, {modalities:count} {modalities:plural|modality|modalities}; "
    "measured here",
    "tile.tests": "{n:plural|test|tests}",
    "tile.tests.endpoints": "for {n:count} {n:plural|question|questions}, one an endpoint",
    "tile.tests.contrasts": "for {n:count} {n:plural|question|questions}: endpoint × contrast",
    "tile.tests.compared": "for {n:count} {n:plural|question|questions}: endpoint × contrast × comparison",
    "tile.called": "{n:plural|candidate passes|candidates pass}",
    "tile.called.note": "q ≤ {q}, the threshold set in the study file",
    "summary.left_out": "Left out, with the reasons in the patient flow: {items:list}.",
    "summary.left_out.subjects": "{low:count} to {high:count} of {n:count} subjects, depending on the analysis "
    "({reasons})",
    "summary.left_out.as_many": "{high:count} of {n:count} subjects ({reasons})",
    "summary.left_out.values": "up to {n:count} more {n:plural|subject|subjects} in the tests of a feature that they "
    "have no value of (n in the table of candidates)",
    "summary.left_out.tests": "{n:count} of {planned:count} tests ({reasons})",
    "summary.left_out.rows": "{n:count} {n:plural|row|rows} of the input files that could not be used",
    "summary.answers": "What was found, question by question",
    "summary.answers.note": "Leading candidate: the smallest p-value, whether it passes or not. Effects are those "
    "of one standard deviation (SD) of the feature or, where it is a yes-or-no, of subjects with it against those "
    "without, with {level:share} confidence intervals that are not corrected "
    "for selection. A bar at the left marks questions with a candidate that passes.",
    "summary.answers.some": "The {shown:count} questions with the smallest p-values of {n:count} are shown.",
    "summary.in_words": "Leading findings in words",
    "summary.finding": "**{name}** ({modality}), {kind} {endpoint}: {direction}; {scale} {effect:interval}, "
    "{level:share} CI; p\u00a0=\u00a0{p:p}, q\u00a0=\u00a0{q:q}; {base}.{others}",
    "summary.finding.no_effect": "**{name}** ({modality}), {kind} {endpoint}: {direction}; p\u00a0=\u00a0{p:p}, "
    "q\u00a0=\u00a0{q:q}; {base}.{others}",
    "candidate.predictive": "predictive candidate for",
    "candidate.observed": "predictive candidate (arms not randomised) for",
    "candidate.prognostic": "prognostic candidate for",
    "candidate.response": "candidate associated with",
    "summary.base": "n\u00a0=\u00a0{n:count}",
    "summary.base.survival": "n\u00a0=\u00a0{n:count}, {events:count} {events:plural|event|events}",
    "summary.base.binary": "n\u00a0=\u00a0{n:count}, {events:count} of them with the event",
    "summary.others": " {n:count} {n:plural|other passes|others pass} for the same question.",
    "summary.not_shown": "What this page does not show",
    "summary.next_study": "The study to run next",
    "summary.regulator": "Four questions that regulators ask of a marker-guided study",
    "caution.confirmation": "**Confirmation.** Candidates were chosen and measured in the same subjects. None is "
    "validated; each needs a cohort that had no part in choosing it.",
    "caution.selection": "**Size of effects.** Estimates of the leading candidates are not shrunk and so tend to be "
    "too large (winner's curse). They are no basis for a sample size as they stand.",
    "caution.selection.shrunk": "**Size of effects.** Estimates in the tables above are as measured, and too large for "
    "those that lead (winner's curse). Shrunken ones stand beside them in the list of candidates; the study proposed "
    "here starts from held-out or shrunken effects.",
    "caution.stand_ins": "**Stand-ins.** Features were tested one at a time. A candidate may merely be correlated "
    "with what acts, and several candidates may tell the same story.",
    "caution.single_arm": "**One arm.** No candidate here may be read as choosing patients for this treatment "
    "rather than for a good outcome under any treatment.",
    "caution.observational": "**Not randomised.** Who received which treatment may depend on what also drives the "
    "outcome; differences between arms, and markers that seem to change them, may be confounded.",
    "caution.shared_arms": "**Shared arms.** Comparisons that share an arm use the same subjects twice: what they find "
    "alike is no confirmation of each other.",
    "caution.many_questions": "**Many questions.** q is corrected within each endpoint, comparison and contrast, "
    "not across the {n:count} of them. If nothing had any effect, about {expected:about} of them would still show a "
    "candidate; {observed:count} {observed:plural|does|do}.",
    "regulator.cutoff": "How was the cut-off chosen?",
    "regulator.cutoff.answer": "None was chosen. Every test uses the marker as measured; where curves are drawn, "
    "subjects are split at or next to the median, for display only.",
    "regulator.cutoff.searched": "Tests use markers as measured. For leading candidates the cut-off that parts the "
    "outcomes most was searched, with a p-value that counts the search and an interval from subsamples; see the "
    "section on cut-offs. It is a proposal, to be fixed before the next study.",
    "regulator.design": "Why this design?",
    "regulator.design.answer": "This report ranks candidates. It compares no follow-on designs and recommends none.",
    "regulator.design.compared": "Designs were compared by size, duration, cost, power and net benefit from the "
    "marker's effects in this study and the assumptions listed; the section on designs gives the reasons and "
    "what would change the choice.",
    "regulator.multiplicity": "How is multiplicity controlled?",
    "regulator.multiplicity.answer": "By the false discovery rate ({correction}, q ≤ {q}) over all tested "
    "features of all modalities within one endpoint, comparison and contrast; not across endpoints, comparisons or "
    "contrasts.",
    "regulator.multiplicity.formulas": "Features: by the false discovery rate ({correction}, q ≤ {q}) over all tested "
    "features of all modalities within one endpoint, comparison and contrast; not across endpoints, comparisons or "
    "contrasts. Formulas of several features are a family of their own: {n:count} were searched in one part of the "
    "subjects, and the {tried:count} leading ones were tested once each in the others, by Holm's method (family-wise, "
    "p ≤ {q}) within each endpoint, comparison and contrast.",
    "regulator.subgroups": "Were the subgroups data-driven?",
    "regulator.subgroups.answer": "Yes. The subjects who chose a candidate also appear in its curves and estimates; "
    "no effect within a marker group is claimed.",
    "regulator.subgroups.heldout": "Yes. Effects within marker groups are given from folds in which the whole search "
    "was made anew, or shrunken; those called raw come from the subjects who chose the candidate and carry no "
    "interval.",
    # --- question
    "question.title": "Question and endpoints",
    "question.design.randomised": "Randomised {n:plural|comparison|comparisons} of {pairs:list}.",
    "question.design.observational": "{n:plural|Comparison|Comparisons} of {pairs:list}; treatment was **not "
    "randomised**.",
    "question.design.single": "Single-arm study: all subjects were treated alike, or treatment was not part of the "
    "question.",
    "question.asked": "Asked of every feature and endpoint: {contrasts:list}.",
    "question.means.predictive": "whether it changes the effect of treatment (**predictive**)",
    "question.means.observed": "whether the difference between the arms, which were not randomised, changes with it "
    "(**predictive**)",
    "question.means.prognostic": "whether it goes with the outcome across the arms (**prognostic**)",
    "question.means.response": "whether it goes with the outcome in these subjects (**response**; prognostic and "
    "predictive cannot be told apart)",
    "question.modalities": "Measured: {modalities:list}.",
    "kind.expression": "gene expression",
    "kind.labs": "laboratory values",
    "kind.maf": "mutations",
    "kind.matrix": "a table of values",
    "kind.npx": "proteins",
    "kind.other": "{kind}",
    "kind.vcf": "mutations",
    "question.modality": "**{name}** ({kind})",
    "question.modality.alone": "**{name}**",
    "question.covariates": "All models are adjusted for {covariates}.",
    "question.no_covariates": "No covariates are adjusted for.",
    "question.endpoints": "Endpoints",
    "question.endpoints.some": "The {shown:count} endpoints with the smallest p-values of {n:count} are shown; the "
    "study file lists all.",
    "overall.caption": "Effect of treatment in everybody, with {level:share} confidence intervals",
    "overall.caption.observational": "Difference between the arms in everybody, not randomised, with {level:share} "
    "confidence intervals",
    "overall.adjusted": "The adjusted estimate, its p-value and what it favours come from the model with {covariates}; "
    "the unadjusted one, in the same subjects, from the model with treatment alone. Odds and hazard ratios given "
    "covariates are another quantity than those of everybody together, and differ also where arms are balanced.",
    "overall.unadjusted": "Unadjusted: the model holds treatment alone, because the study file names no covariates.",
    "overall.note": "Measured here, in all subjects with the endpoint, whatever their markers. Not corrected for "
    "the number of endpoints or comparisons.",
    "favours.neither": "neither",
    "favours.arm": "{arm}",
    # --- flow
    "flow.title": "Patient flow",
    "flow.checked": "Counts in are counts out: {n:count} {n:plural|sum|sums} checked, {n:plural|it adds|all add} "
    "up. A report whose flow does not add up is not made.",
    "flow.scope.subjects": "Subjects of the study",
    "flow.scope.ingest": "Rows read from the input files",
    "flow.scope.endpoints": "Subjects with each endpoint",
    "flow.scope.features": "Subjects of the study with each modality",
    "flow.scope.modality": "Subjects in the files of each modality",
    "flow.scope.made": "Features made of each modality",
    "flow.scope.analysis": "Subjects in each analysis",
    "flow.scope.other": "{scope}",
    "flow.some": "{what}: {low:count} to {high:count} used; of {n:count} different sums the {shown:count} with the "
    "fewest are shown",
    "flow.everybody": "All subjects",
    "flow.all": "All",
    "flow.contrasts": "{contrasts:list}",
    "flow.what.1": "{part0}",
    "flow.what.2": "{part0} · {part1}",
    "flow.what.3": "{part0} · {part1} · {part2}",
    "flow.what.4": "{part0} · {part1} · {part2} · {part3}",
    "flow.in": "in",
    "flow.used": "used",
    "flow.quarantined": "quarantined",
    "flow.excluded": "excluded",
    "flow.tested": "tested",
    "flow.not_tested": "not tested",
    "flow.adds_up": "adds up",
    "flow.does_not": "DOES NOT ADD UP: {difference:count} missing",
    "flow.quarantine.caption": "Rows that could not be used: {n:count} quarantined, by reason",
    "flow.quarantine.note": "Line numbers and masked values are in the quarantine tables of the run.",
    "flow.quarantine.some": "The {shown:count} most frequent of {n:count} reasons are shown.",
    "flow.tests.caption": "Features tested and not tested, in tests",
    "flow.tests.what": "Features × {n:count} {n:plural|question|questions}",
    # --- candidates
    "candidates.title": "Candidates",
    "candidates.none": "No candidate was listed: nothing could be tested.",
    "candidates.none_called": "No candidate passes q ≤ {q}. The rows below are the leading ones all the same, so "
    "that nobody has to ask what came closest.",
    "candidates.intro": "{n:count} {n:plural|row|rows}: for every question all candidates that pass q ≤ {q} "
    "({called:count} in all), and the first {keep:count} whether they pass or not.",
    "candidates.rest": "The leading {shown:count} of {n:count} rows are on this page, every question represented; "
    "all of them are in the file",
    "candidates.file": "All {n:count} {n:plural|row is|rows are} on this page; more columns are in the results folder:",
    "candidates.caption": "Ranked candidates; a bar at the left marks those that pass q ≤ {q}",
    "candidates.note.rank": "Rank counts within one endpoint, comparison and contrast, by p-value.",
    "candidates.note.scales": "OR: odds ratio; HR: hazard ratio; ratio of ORs or HRs: how many times larger the "
    "ratio of treatment becomes when the feature rises by one SD; diff.: difference in the endpoint's own unit; diff. "
    "of diffs: how much larger the difference between the arms becomes.",
    "candidates.note.per_sd": "Effects are those of one standard deviation (SD) of the feature in the analysed "
    "subjects, so that features can be compared or, for a yes-or-no feature (an altered gene), of subjects with it "
    "against those without; the column says how many of n have it. The table file holds estimates per unit of each "
    "feature, ratios as natural logarithms. Intervals are not corrected for selection.",
    # --- figures
    "figures.endpoint": "Endpoint",
    "figures.leading": "Figures are drawn for the {shown:count} endpoints with the smallest p-values of {n:count}.",
    "volcano.title": "Strength and size",
    "volcano.intro": "Each point is a feature. The further up, the stronger the evidence; the further from the "
    "middle, the larger the effect of one standard deviation of the feature.",
    "volcano.caption": "Volcano plots. Filled diamonds pass q ≤ {q}; small grey points do not. Look for points that "
    "are high and far out, and mind the scale: a strong p-value with a small effect is still a small effect.",
    "volcano.x": "{scale} per SD",
    "volcano.y": "−log₁₀ p",
    "volcano.line.called": "q ≤ {q}",
    "volcano.line.none": "a single q ≤ {q}",
    "volcano.note": "{called:count} of {n:count} features {called:plural|passes|pass} q ≤ {q}; {drawn:count} points "
    "drawn, those that would cover each other once.",
    "volcano.note.all": "{called:count} of {n:count} features {called:plural|passes|pass} q ≤ {q}; all are drawn.",
    "volcano.description": "Volcano plot, {title}. {note}",
    "map.title": "Prognostic or predictive",
    "map.intro": "Where does a feature stand: does it go with the outcome across the arms, or does it change the "
    "effect of treatment? Only the second kind could help to choose a treatment.",
    "map.intro.observational": "Where does a feature stand: does it go with the outcome across the arms, or does the "
    "difference between the arms change with it? The arms were not randomised: such a change may come from who "
    "received which treatment, and chooses no treatment.",
    "map.caption.observational": "Prognostic-versus-predictive map, signed z: positive means that a high value is "
    "good. Left to right: outcome across the arms. Bottom to top: change of the difference between the arms, which "
    "were not randomised. Dashed lines, where anything passes, are where q ≤ {q} begins.",
    "map.caption": "Prognostic-versus-predictive map, signed z: positive means that a high value is good. Left to "
    "right: outcome across the arms. Bottom to top: change of the treatment's effect. Dashed lines, where anything "
    "passes, are where q ≤ {q} begins. Features near the horizontal axis show little sign of changing the treatment's "
    "effect in these data: they are no ground for choosing a treatment.",
    "map.x": "Prognostic z (positive: high → better outcome)",
    "map.y.observational": "Predictive z (positive: high → more in favour of {active})",
    "map.y": "Predictive z (positive: high → more benefit from {active})",
    "map.kind.both": "both",
    "map.kind.predictive": "predictive only",
    "map.kind.prognostic": "prognostic only",
    "map.kind.neither": "neither",
    "map.note": "Of {n:count} features, {predictive:count} {predictive:plural|passes|pass} q ≤ {q} as predictive "
    "only, {prognostic:count} as prognostic only, {both:count} as both and {neither:count} as neither; "
    "{drawn:count} points drawn.",
    "map.description": "Scatter of prognostic against predictive z, {title}. {note}",
    "forest.title": "Effects with intervals",
    "forest.intro": "The leading candidates of each question on one scale: the effect of one standard deviation of "
    "the feature.",
    "forest.caption": "Forest plots with {level:share} confidence intervals. Filled squares pass q ≤ {q}, hollow "
    "ones do not. **Not shrunk, and estimated in the subjects who chose the candidate**: expect smaller effects "
    "next time.",
    "forest.note": "The {shown:count} smallest p-values of {n:count} features.",
    "forest.effect": "Effect ({level:share} CI)",
    "forest.q": "q",
    "forest.description": "Forest plot, {title}. {note}",
    "curves.title": "Survival curves",
    "curves.intro": "How the leading time-to-event candidates look when subjects are split at the median of the "
    "marker, or just below it where many have that very value and the split is then more even.",
    "curves.caption": "Kaplan-Meier curves with {level:share} confidence bands and numbers at risk. **Descriptive, "
    "not an effect estimate**: cut at or next to the median, in the same subjects who chose the marker. Curves end "
    "where fewer than {limit} are at risk.",
    "curves.caption.arms": "Kaplan-Meier curves with {level:share} confidence bands and numbers at risk. "
    "**Descriptive, not an effect estimate**: cut at or next to the median, in the same subjects who chose the "
    "marker. For a predictive candidate, compare the gap between the arms on the left with that on the right. Curves "
    "end where fewer than {limit} are at risk.",
    "curves.panel": "{name}, {kind} {endpoint}, q\u00a0=\u00a0{q:q}. High: above {cutoff:number}{unit}.",
    "curves.unit": " {unit}",
    "curves.some": "The first {shown:count} of {n:count} candidates with curves are shown.",
    "curves.name": "{name} · {endpoint}",
    "curves.chooser": "Candidate",
    "curves.facet.high": "Marker high",
    "curves.facet.low": "Marker low",
    "curves.facet.arm": "Arm: {arm}",
    "curves.facet.everybody": "All subjects",
    "curves.arm": "{arm}",
    "curves.group.high": "marker high",
    "curves.group.low": "marker low",
    "curves.x": "Time",
    "curves.x_unit": "Time ({unit})",
    "curves.y": "Share without event",
    "curves.risk": "At risk",
    "curves.description": "Kaplan-Meier curves of {endpoint}. {title}.",
    # --- chance
    "chance.title": "How many could be chance",
    "chance.searched": "**Searched:** {tests:count} tests for {questions:count} "
    "{questions:plural|question|questions}, each feature on its own.",
    "chance.family": "**Family:** {families}. q is the false discovery rate ({correction}) within it; the study "
    "file calls q ≤ {q}.",
    "chance.family.sizes": "**Family:** all tested features within one endpoint, comparison and contrast ({low:count} "
    "to {high:count}). q is the false discovery rate ({correction}) within it; the study file calls q ≤ {q}.",
    "chance.expected": "**What q means:** an average over studies like this one. Of the candidates that pass for a "
    "question, at most {q:share} are false on average; it says nothing of any one of them.",
    "chance.across": "**Not corrected across questions:** {endpoints:count} {endpoints:plural|endpoint|endpoints} "
    "and {questions:count} questions each have a family of their own. Whoever reads many questions and quotes the "
    "best one must correct for that.",
    "chance.all_null": "**If nothing had any effect**, about {expected:about} of {questions:count} questions would "
    "still show a candidate at q ≤ {q}; {observed:count} {observed:plural|does|do}.",
    "chance.selected": "**If only the {answered:count} {answered:plural|question|questions} with a candidate "
    "{answered:plural|is|are} read**, a false discovery rate of {q:share} on average over them takes q ≤ "
    "{limit:number} (Benjamini and Bogomolov): {kept:count} of the {n:count} candidates pass that.",
    "chance.negative": "**Questions without a candidate** ({n:count}): {names}.",
    "chance.caption": "Expected by chance beside observed",
    "chance.note": "Expected by chance: tests × {q}, the mean if no feature had any effect. Features are "
    "correlated: observed numbers vary around it far more than those of independent tests. Roughly false: "
    "candidates × {q}.",
    # --- quality
    "formulas.title": "Formulas of several features",
    "formulas.lead": "{n:count} formulas were searched for {questions:count} {questions:plural|question|questions} "
    "({refused:count} more could not be judged, for stated reasons). The {tried:count} that led were tried in subjects "
    "who had no part in the search: **{held:count} {held:plural|holds|hold} there** at p ≤ {q}.",
    "formulas.how": "A formula leads by what it adds to a model that has its features already, and is credited with no "
    "more than it shows itself. Among so many, some look strong by chance: **read the p-value of the held-out "
    "subjects**, which is corrected over the leaders of the question.",
    "formulas.left_out": "Up to {n:count} features had no part in the search of a question: filtered, missing too "
    "often, or left out by the study file's prescreen.",
    "formulas.caption": "Leading formulas; those marked hold in held-out subjects at p ≤ {q}",
    "formulas.note.found": "Where found: the t statistic that the search ranked by. It is the largest of all that were "
    "searched, and so too large.",
    "formulas.note.adds": "Held out: what the formula adds to its parts, what it shows alone, and what each part shows "
    "alone, as standard normal statistics; positive in the direction in which the formula was found (parts: in their "
    "own).",
    "formulas.note.p": "p, held out: one-sided, of what the formula adds to its parts, after Holm's correction.",
    "formulas.note.stability": "Steady: share of random halves of the searched subjects in which these features stay "
    "in front.",
    "formulas.reading.log_ratio": "{a} minus {b} on the log scale: their ratio",
    "formulas.reading.log_product": "{a} plus {b} on the log scale: their product",
    "formulas.reading.scaled_difference": "{a} minus {b}, each in its own standard deviations",
    "formulas.reading.scaled_sum": "{a} plus {b}, each in its own standard deviations",
    "formulas.reading.product": "{a} and {b} on the same side of their means",
    "formulas.reading.where": "the level of {a}, where {b} is above {cut_b:number}",
    "formulas.reading.and": "{a} above {cut_a:number} and {b} above {cut_b:number}",
    "formulas.reading.or": "{a} above {cut_a:number} or {b} above {cut_b:number}",
    "formulas.reading.and_not": "{a} above {cut_a:number} and {b} not above {cut_b:number}",
    "formulas.reading.xor": "either {a} above {cut_a:number} or {b} above {cut_b:number}, not both",
    "formulas.reading.maximum": "the higher of {a} and {b}, each in its own standard deviations",
    "formulas.reading.minimum": "the lower of {a} and {b}, each in its own standard deviations",
    "formulas.reading.distance": "how far {a} and {b} are apart, each in its own standard deviations",
    "formulas.reading.log_fold": "how far {a} and {b} are apart on the log scale, whichever is higher",
    "formulas.reading.order": "{a} below {b}",
    "formulas.reading.scaled_order": "{a} below {b}, each in its own standard deviations",
    "formulas.reading.threshold": "{a} above {cut_a:number}",
    "formulas.reading.u_shape": "how far {a} is from its median, to either side",
    "formulas.reading.variance": "the squared distance of {a} from its mean",
    "formulas.reading.difference_of_mean": "{a} minus the mean of {b} and {c} on the log scale",
    "formulas.reading.and3": "{a} above {cut_a:number}, {b} above {cut_b:number} and {c} above {cut_c:number}",
    "formulas.reading.ratio_of_sums": "the sum of {a} and {b}, over {c}",
    "formulas.group.high": "{name} high",
    "formulas.group.low": "{name} low",
    "formulas.groups": "{a}, {b}",
    "formulas.everybody": "all",
    "formulas.groups.caption": "How patients did by {name}: {endpoint}",
    "formulas.groups.note": "High: above the formula's own cut, else above the median. **Descriptive**: most of these "
    "patients took part in the search. Plain outcomes, not adjusted for anything.",
    "quality.title": "Quality of samples and laboratories",
    "quality.lead": "{n:count} checks were made before anything was ranked: **{loud:count} must be settled** before a "
    "candidate is believed, {warning:count} {warning:plural|asks|ask} for a look, {note:count} found nothing or could "
    "not be made.",
    "quality.capped": "Candidates of {n:count} {n:plural|pair|pairs} of modality and endpoint are capped in their "
    "tier, because the batch alone foretells the outcome.",
    "quality.caption": "Every check, what must be settled first",
    "quality.note": "Flagged: samples, batches, tests at sites, missing cells or kinds of patients, out of those that "
    "were looked at. The table of samples beside this report names the samples.",
    "quality.loud.sex": "**{flagged} of {n:count} samples of {modality} have the sex genes of the other sex** "
    "than is recorded: exchanged samples, or wrong records. Genes: {item}.",
    "quality.loud.duplicate": "**{flagged} of {n:count} samples of {modality} are one sample under two ids.**",
    "quality.loud.concordance": "**{flagged} of {n:count} subjects have profiles of two people** in {modality} "
    "and {item}.",
    "quality.loud.batch_outcome": "**The batch of {modality} alone foretells {endpoint}** (p {p:p}): what differs "
    "between batches looks like a marker.",
    "quality.loud.missing_subjects": "**Who is missing from {modality} goes with the outcome** ({item}, p {p:p}): "
    "those who have it are not like all.",
    "quality.loud.balance": "**The arms of {item} differ** beyond chance (p {p:p}) in what was known before treatment.",
    "quality.loud.positivity": "**{flagged} of {n:count} kinds of patients are in one arm only** ({item}).",
    "quality.loud.drift": "**{item} left its level** by a factor or difference of {statistic:number} (p {p:p}).",
    "quality.check.sex": "Recorded sex against sex genes",
    "quality.check.duplicate": "Samples given twice",
    "quality.check.concordance": "One person's profiles in two modalities",
    "quality.check.outlier": "Samples unlike all others",
    "quality.check.batch_values": "Batches that show in the values",
    "quality.check.batch_outcome": "Batches that foretell the outcome",
    "quality.check.missing_subjects": "Who is missing from a modality",
    "quality.check.missing_cells": "Which cells are missing",
    "quality.check.balance": "Covariates between arms",
    "quality.check.positivity": "Kinds of patients in one arm only",
    "quality.check.drift": "Analysers that leave their level",
    "quality.severity.loud": "to be settled",
    "quality.severity.warning": "look",
    "quality.severity.note": "nothing found",
    "quality.drift.caption": "Tests at sites whose level changed over the calendar",
    "quality.drift.note": "First results of each subject, adjusted for covariates. Change: a factor where results are "
    "positive, else a difference. Crosses: when a growing drift passes what the study file allows.",
    "quality.kind.step": "at once",
    "quality.kind.ramp": "growing",
    "quality.dates": "{low} to {high}",
    "quality.applied.nothing": "none: flagged only",
    "quality.applied.excluded": "left out from the onset on",
    "quality.applied.corrected": "corrected from the onset on",
    "quality.missing.caption": "What is missing, and what it goes with",
    "quality.missing.note": "A hint, no proof: no data show that what is missing does not depend on its own value.",
    "quality.unit.subjects": "subjects",
    "quality.unit.cells": "cells",
    "quality.hint.complete": "nothing missing",
    "quality.hint.too_few_to_tell": "too few to tell",
    "quality.hint.no_pattern": "no pattern: may be missing at random",
    "quality.hint.known_factors": "goes with known factors: adjust for them",
    "quality.hint.outcome": "goes with the outcome: informative",
    "quality.hint.low_values": "low values are missing: informative",
    # --- methods
    "methods.title": "Methods",
    "methods.caption": "Tests used",
    "methods.model.arms": "**Models.** One feature at a time: the endpoint on the feature, arm and covariates in all "
    "subjects (prognostic: the association common to the arms); and, in the two arms that are compared, with the "
    "product of feature and treatment added (predictive: its coefficient is tested). Whether an effect of treatment "
    "changes depends on the scale it is measured on, here that of the table below.",
    "methods.model.single": "**Models.** One feature at a time: the endpoint on the feature and covariates.",
    "methods.adjusted": "**Covariates.** {covariates}.",
    "methods.unadjusted": "**Covariates.** None.",
    "methods.p": "**p-values** are two-sided and come from the test named below, for every feature alike; no later "
    "fit replaces them. Statistics are referred to a t distribution with the degrees of freedom of the test: "
    "subjects (time to event: events) less the parameters of the model with the feature; score statistics are scaled "
    "for these parameters as in least squares. Where the name of a test speaks of its tail, p-values far out are those "
    "of the law named there.",
    "methods.interval": "**Intervals** have a nominal level of {level:share} each and are not simultaneous.",
    "methods.refit": "**Estimates.** Tables and forest plots show the full maximum-likelihood fit where one was "
    "made for a leading feature (Firth's penalised fit where the outcome is told "
    "apart perfectly); volcano plots show the estimate of the test itself for all features alike.",
    "methods.per_sd": "**Per SD.** Where features are compared, effects are those of one standard deviation of the "
    "feature in the analysed subjects.",
    "methods.missing": "**Missing values.** A subject without the endpoint or the modality is left out of that "
    "analysis and counted in the patient flow; one without a value of a single feature is left out of the tests of "
    "that feature, and n in the tables says how many remain.",
    "methods.reading": "**As read: {modality}.** {note}.",
    "methods.q": "**Multiplicity.** {correction} within endpoint, comparison and contrast over all "
    "modalities; threshold q ≤ {q}.",
    "methods.curves": "**Curves.** Kaplan-Meier by marker group (split at or next to the median) and arm, on a fixed "
    "grid of times, without points where fewer than {limit} are at risk.",
    "methods.disclosure": "**Disclosure.** No subject-level value is shown; counts split by group are withheld "
    "below {limit}, together with those that would give them back.",
    # --- reproduce
    "reproduce.title": "Reproduce this",
    "reproduce.intro": "The same inputs, study file, seed and versions give the same tables, byte for byte, on one "
    "class of processor.",
    "reproduce.commands": "Commands",
    "reproduce.identity": "What was run",
    "reproduce.seed": "Seed",
    "reproduce.code": "Digest of the code",
    "reproduce.lock": "Digest of the locked versions",
    "reproduce.inputs": "Input files and their checksums",
    "reproduce.versions": "Versions",
    "reproduce.runs": "Run times and memory: {seconds:number} s of work in all, at most {memory:number} MB at a time",
}
