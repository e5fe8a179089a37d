# limma's moderated t statistics on small made-up expression: with and without trend, equal variances, missing values.
# Run: Rscript make.R   (writes features.csv, subjects.csv, expected.csv and versions.txt beside itself)
suppressMessages(library(limma))
set.seed(20261122)
n <- 18; p <- 150
subjects <- data.frame(y = round(rnorm(n), 3), age = round(rnorm(n, 60, 9)), site = rep(c(0, 1), length.out = n))
level <- runif(p, 1, 12)
truth <- sqrt((0.2 + exp(-level / 3)) * 4 / rchisq(p, 4))          # spread falls with the level
noise <- matrix(rnorm(p * n), p) * truth
ordinary <- round(level + noise + outer(rbinom(p, 1, 0.2), subjects$y), 4)
equal <- round(level + matrix(rnorm(p * n), p), 4)                  # one variance for all: an infinite prior
gaps <- ordinary
gaps[cbind(sample(p, 40), sample(n, 40, TRUE))] <- NA
design <- model.matrix(~ y + age + site, subjects)
rows <- list()
add <- function(case, x, trend) {
  fit <- eBayes(lmFit(x, design), trend = trend)
  rows[[length(rows) + 1]] <<- data.frame(
    case = case, feature = seq_len(nrow(x)), t = fit$t[, "y"], p = fit$p.value[, "y"], df_total = fit$df.total,
    df_prior = fit$df.prior, s2_prior = rep_len(fit$s2.prior, nrow(x)), s2 = fit$sigma^2
  )
}
add("trend", ordinary, TRUE)
add("plain", ordinary, FALSE)
add("equal, trend", equal, TRUE)
add("equal, plain", equal, FALSE)
add("gaps, trend", gaps, TRUE)
add("ten features, trend", ordinary[1:10, ], TRUE)
long <- do.call(rbind, rows)
for (name in setdiff(names(long), c("case", "feature"))) long[[name]] <- sprintf("%.17g", long[[name]])
write.csv(long, "expected.csv", row.names = FALSE, quote = c(1))
features <- rbind(data.frame(case = "ordinary", ordinary), data.frame(case = "equal", equal), data.frame(case = "gaps", gaps))
write.csv(features, "features.csv", row.names = FALSE, quote = FALSE, na = "")
write.csv(subjects, "subjects.csv", row.names = FALSE, quote = FALSE)
writeLines(c(R.version.string, paste("limma", packageVersion("limma"))), "versions.txt")
