# Times limma's lmFit, lmFit + eBayes, and loops over glm.fit and survival's coxph and coxph.fit, on numbers written by peers.py.
# Reading files is outside the clock. limma has the feature as response and the endpoint as covariate; the t statistic of
# the pair given the covariates is the same either way round.
suppressMessages({library(limma); library(survival)})
arguments <- commandArgs(TRUE)
folder <- arguments[1]; n <- as.integer(arguments[2]); p <- as.integer(arguments[3]); q <- as.integer(arguments[4])
features <- matrix(readBin(file.path(folder, "features.f64"), "double", n * p), p, n)
subjects <- matrix(readBin(file.path(folder, "subjects.f64"), "double", n * (4 + q)), n)
covariates <- subjects[, -(1:4), drop = FALSE]
design <- cbind(1, subjects[, 1], covariates)
clock <- function(work, repeats) min(sapply(seq_len(repeats), function(i) system.time(work())[["elapsed"]]))
fit <- lmFit(features, design); moderated <- eBayes(fit, trend = TRUE)          # warm
lmfit <- clock(function() lmFit(features, design), 7)
both <- clock(function() eBayes(lmFit(features, design), trend = TRUE), 7)
t <- fit$coefficients[, 2] / fit$stdev.unscaled[, 2] / fit$sigma
writeBin(as.double(c(t, moderated$t[, 2])), file.path(folder, "t.f64"))
outcome <- Surv(subjects[, 2], subjects[, 3])
sample <- 200
control <- coxph.control()
cox <- system.time(for (j in seq_len(sample)) {
  agreg <- coxph.fit(cbind(features[j, ], covariates), outcome, NULL, NULL, NULL, control, NULL, "efron", NULL)
})[["elapsed"]] / sample
whole <- system.time(for (j in seq_len(50)) {
  fitted <- coxph(outcome ~ features[j, ] + covariates, ties = "efron")
})[["elapsed"]] / 50
logistic <- system.time(for (j in seq_len(sample)) {
  fitted <- glm.fit(cbind(1, features[j, ], covariates), subjects[, 4], family = binomial())
})[["elapsed"]] / sample
writeLines(sprintf(
  paste0('{"lmfit": %.6f, "lmfit_ebayes": %.6f, "cox_per_feature": %.8f, "coxph_per_feature": %.8f, ',
         '"glm_per_feature": %.8f, "versions": "R %s.%s, limma %s, survival %s, BLAS %s"}'),
  lmfit, both, cox, whole, logistic, R.version$major, R.version$minor, packageVersion("limma"), packageVersion("survival"),
  basename(extSoftVersion()[["BLAS"]])), file.path(folder, "result.json"))
