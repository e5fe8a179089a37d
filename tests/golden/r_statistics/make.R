# Numbers of R's lm, glm, limma and survival on a small data set with ties, missing values and strata.
# Run: Rscript make.R   (writes data.csv, expected.csv, curve.csv and versions.txt beside itself)
suppressMessages({library(survival); library(limma)})
set.seed(20261122)
n <- 90
data <- data.frame(
  x1 = round(rnorm(n), 3), x2 = rbinom(n, 1, 0.25), x3 = round(rexp(n), 3),
  age = round(rnorm(n, 60, 9)), site = sample(c("a", "b", "c"), n, TRUE), arm = rbinom(n, 1, 0.5)
)
data$y1 <- round(0.5 * data$x1 + 0.03 * data$age + rnorm(n), 3)
data$y2 <- round(data$x2 * data$arm + rnorm(n), 3)
data$y1[sample(n, 15)] <- NA
data$y2[sample(n, 25)] <- NA
data$y2[data$site == "c"] <- NA                       # a level that vanishes for one endpoint
data$response <- rbinom(n, 1, plogis(-0.5 + 0.8 * data$x1 + 0.6 * data$arm))
data$time <- ceiling(rexp(n, 0.08 * exp(0.5 * data$x1 - 0.4 * data$arm)))   # whole months: many ties
data$event <- rbinom(n, 1, 0.75)

rows <- list()
put <- function(name, value) rows[[length(rows) + 1]] <<- data.frame(name = name, value = sprintf("%.17g", value))
for (x in c("x1", "x2", "x3")) {
  data$z <- z <- data[[x]]
  for (y in c("y1", "y2")) {
    s <- summary(lm(data[[y]] ~ z + data$age + data$site))
    put(paste("lm", x, y, "estimate"), s$coefficients["z", 1])
    put(paste("lm", x, y, "std_error"), s$coefficients["z", 2])
    put(paste("lm", x, y, "p"), s$coefficients["z", 4])
    put(paste("lm", x, y, "dof"), s$df[2])
    s <- summary(lm(data[[y]] ~ z * data$arm + data$age + data$site))
    put(paste("lm_interaction", x, y, "estimate"), s$coefficients["z:data$arm", 1])
    put(paste("lm_interaction", x, y, "p"), s$coefficients["z:data$arm", 4])
  }
  g0 <- glm(response ~ age + site, binomial, data, control = list(epsilon = 1e-14))
  g1 <- glm(response ~ age + site + z, binomial, data, control = list(epsilon = 1e-14))
  put(paste("glm_rao", x), anova(g0, g1, test = "Rao")$Rao[2])
  put(paste("glm_lr", x), anova(g0, g1, test = "LRT")$Deviance[2])
  put(paste("glm", x, "estimate"), coef(g1)["z"])
  put(paste("glm", x, "std_error"), sqrt(vcov(g1)["z", "z"]))
  put(paste("glm", x, "log_likelihood"), as.numeric(logLik(g1)))
  g0 <- glm(response ~ age + site + arm + z, binomial, data, control = list(epsilon = 1e-14))
  g1 <- glm(response ~ age + site + arm + z + z:arm, binomial, data, control = list(epsilon = 1e-14))
  put(paste("glm_interaction_rao", x), anova(g0, g1, test = "Rao")$Rao[2])
  tight <- coxph.control(eps = 1e-13, iter.max = 100, toler.chol = 1e-15)
  for (stratified in c(FALSE, TRUE)) {
    tag <- if (stratified) "strata" else "plain"
    base <- if (stratified) ~ age + strata(site) else ~ age + site
    fit <- function(extra, ...) coxph(update(base, as.formula(paste("Surv(time, event) ~ . +", extra))), data,
                                      ties = "efron", control = tight, ...)
    c0 <- coxph(update(base, Surv(time, event) ~ .), data, ties = "efron", control = tight)
    c1 <- fit("z")
    frozen <- coxph.control(iter.max = 0)
    at <- suppressWarnings(coxph(update(base, Surv(time, event) ~ . + z), data, ties = "efron",
                                 init = c(coef(c0), 0), control = frozen))
    put(paste("cox_score", tag, x), at$score)
    put(paste("cox", tag, x, "estimate"), coef(c1)["z"])
    put(paste("cox", tag, x, "std_error"), sqrt(vcov(c1)["z", "z"]))
    put(paste("cox", tag, x, "log_likelihood"), c1$loglik[2])
    c2 <- fit("arm + z")
    at <- suppressWarnings(coxph(update(base, Surv(time, event) ~ . + arm + z + z:arm), data, ties = "efron",
                                 init = c(coef(c2), 0), control = frozen))
    put(paste("cox_interaction_score", tag, x), at$score)
  }
}
design <- model.matrix(~ age + site, data)
for (x in c("x1", "x2", "x3")) {
  fit <- lmFit(t(data[["y1"]]), cbind(z = data[[x]], design))
  put(paste("limma", x, "estimate"), fit$coefficients[1, "z"])
  put(paste("limma", x, "std_error"), fit$stdev.unscaled[1, "z"] * fit$sigma[1])
}
data$z <- NULL
curve <- summary(survfit(Surv(time, event) ~ 1, data, conf.type = "log-log"), censored = FALSE)
write.csv(data, "data.csv", row.names = FALSE, quote = FALSE, na = "")
write.csv(do.call(rbind, rows), "expected.csv", row.names = FALSE, quote = FALSE)
write.csv(data.frame(time = curve$time, survival = sprintf("%.17g", curve$surv), ci_low = sprintf("%.17g", curve$lower),
                     ci_high = sprintf("%.17g", curve$upper), n_at_risk = curve$n.risk, n_events = curve$n.event),
          "curve.csv", row.names = FALSE, quote = FALSE)
writeLines(c(R.version.string, paste("survival", packageVersion("survival")), paste("limma", packageVersion("limma"))),
           "versions.txt")
