# Gray's test and the Fine-Gray regression on made-up data with many ties: Rscript make.R (cmprsk, jsonlite)
suppressMessages({library(cmprsk); library(jsonlite)})
set.seed(20261122)
cases <- lapply(1:4, function(k) {
  n <- 60
  d <- data.frame(time = ceiling(rexp(n) * 6), cause = sample(c(0, 1, 1, 2, 2), n, TRUE),
                  group = sample(0:(if (k > 2) 2 else 1), n, TRUE), x = round(rnorm(n), 3))
  fit <- crr(d$time, d$cause, cbind(d$x, d$group > 0), gtol = 1e-12)
  list(data = as.list(d), gray = unname(cuminc(d$time, d$cause, d$group)$Tests[, 1]),
       coefficients = unname(fit$coef), std_error = unname(sqrt(diag(fit$var))))
})
out <- list(versions = list(R = R.version.string, cmprsk = as.character(packageVersion("cmprsk"))), cases = cases)
writeLines(toJSON(out, digits = 12, auto_unbox = TRUE), "expected.json")
