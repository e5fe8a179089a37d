# limma-voom on small made-up counts: weights, and moderated t statistics of a covariate of interest.
# Run: Rscript make.R   (writes counts.csv, subjects.csv, expected.csv and versions.txt beside itself)
suppressMessages({library(limma); library(edgeR)})
set.seed(20261201)
n <- 16; p <- 300
subjects <- data.frame(y = round(rnorm(n), 3), age = round(rnorm(n, 60, 9)), site = rep(c(0, 1), length.out = n))
depth <- runif(n, 0.5, 2)
level <- exp(runif(p, 0, 8))
effect <- rbinom(p, 1, 0.2) * 0.5
mu <- outer(level, depth) * exp(outer(effect, subjects$y))
counts <- matrix(rnbinom(n * p, mu = mu, size = 1 / (0.05 + 1 / sqrt(level))), p)
counts[5, ] <- 0
counts[6, ] <- c(3, rep(0, n - 1))
design <- model.matrix(~ age + site + y, subjects)
d <- calcNormFactors(DGEList(counts), method = "TMM")
v <- voom(d, design)
some <- rowSums(counts) > 0                                         # a gene of no counts is no gene to learn from
fit <- eBayes(lmFit(v[some, ], design))
of <- function(x) { full <- rep(NA, p); full[some] <- x; full }
expected <- data.frame(
  feature = seq_len(p), t = of(fit$t[, "y"]), p = of(fit$p.value[, "y"]), df_total = of(fit$df.total),
  s2 = of(fit$sigma^2), slope = of(fit$coefficients[, "y"]), weight_first = v$weights[, 1], weight_last = v$weights[, n], e_first = v$E[, 1]
)
for (name in names(expected)[-1]) expected[[name]] <- ifelse(is.na(expected[[name]]), "", sprintf("%.17g", expected[[name]]))
write.csv(expected, "expected.csv", row.names = FALSE, quote = FALSE)
write.csv(data.frame(counts), "counts.csv", row.names = FALSE, quote = FALSE)
subjects$library <- sprintf("%.17g", d$samples$lib.size * d$samples$norm.factors)
write.csv(subjects, "subjects.csv", row.names = FALSE, quote = FALSE)
writeLines(c(R.version.string, paste("limma", packageVersion("limma")), paste("edgeR", packageVersion("edgeR"))), "versions.txt")
