# Firth's logistic regression by brglm2 on two small made-up tables, one of them separated.
# Run: Rscript make.R   (writes data.csv, expected.csv and versions.txt beside itself)
suppressMessages(library(brglm2))
set.seed(20261122)
n <- 60
data <- data.frame(age = round(rnorm(n, 60, 9)), arm = rbinom(n, 1, 0.5), x = round(rexp(n), 3), carrier = rbinom(n, 1, 0.15))
data$y <- rbinom(n, 1, plogis(-0.6 + 0.5 * data$x))
data$separated <- ifelse(data$carrier == 1, 1, data$y)
rows <- list()
for (outcome in c("y", "separated")) for (marker in c("x", "carrier")) {
  fit <- glm(reformulate(c("age", "arm", marker), outcome), binomial, data, method = "brglmFit", type = "AS_mean",
             epsilon = 1e-13, maxit = 1000)
  s <- summary(fit)$coefficients
  rows[[length(rows) + 1]] <- data.frame(outcome, marker, term = rownames(s), estimate = sprintf("%.17g", s[, 1]),
                                         std_error = sprintf("%.17g", s[, 2]))
}
write.csv(data, "data.csv", row.names = FALSE, quote = FALSE)
write.csv(do.call(rbind, rows), "expected.csv", row.names = FALSE, quote = FALSE)
writeLines(c(R.version.string, paste("brglm2", packageVersion("brglm2"))), "versions.txt")
