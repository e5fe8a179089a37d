# Factors and log counts per million of edgeR, for small count tables that exercise the rules of TMM.
# Run in this folder:  Rscript make.R
# Writes for each case <name>.counts.csv (features in rows), <name>.factors.csv and <name>.logcpm.csv, and versions.txt.
suppressMessages(library(edgeR))
set.seed(20261122)

negative_binomial <- function(genes, libraries, depth, size = 2) {
  shape <- rgamma(genes, 0.7)
  mu <- outer(shape / sum(shape), depth)
  matrix(rnbinom(genes * libraries, mu = mu, size = size), genes, libraries)
}

cases <- list(
  # an ordinary experiment
  ordinary = negative_binomial(400, 6, rep(2e5, 6)),
  # library sizes over three orders of magnitude
  sizes = negative_binomial(300, 7, c(2e3, 1e4, 5e4, 2e5, 1e6, 2e6, 3e5)),
  # many zeros, among them genes that are zero everywhere
  zeros = rbind(negative_binomial(300, 5, rep(1500, 5), size = 0.3), matrix(0, 40, 5)),
  # few distinct values: ties at the cuts of the trimming
  ties = matrix(sample(c(0, 1, 2, 4, 8), 240 * 6, replace = TRUE), 240, 6),
  # strong composition effect: a tenth of the genes up thirtyfold in half of the libraries
  composition = {
    y <- negative_binomial(300, 6, rep(1e5, 6))
    y[1:30, 4:6] <- y[1:30, 4:6] * 30
    y
  },
  # upper quartile zero in every library
  sparse = {
    y <- matrix(0, 200, 5)
    y[1:45, ] <- rpois(45 * 5, 20)
    y[46:200, ][cbind(1:155, sample(5, 155, replace = TRUE))] <- 1
    y
  },
  # two libraries, a multiple of each other, and one gene alone
  multiples = {
    y <- negative_binomial(120, 3, rep(1e5, 3))
    y[, 2] <- 2 * y[, 1]
    y
  },
  # fewer genes than are trimmed from
  few = matrix(c(10, 20, 30, 5, 8, 0, 100, 90, 12, 0, 7, 3), 4, 3)
)

write <- function(x, path) write.table(
  format(x, digits = 17, scientific = FALSE, trim = TRUE), path, sep = ",", quote = FALSE, row.names = FALSE,
  col.names = FALSE)

for (name in names(cases)) {
  y <- cases[[name]]
  d <- calcNormFactors(DGEList(counts = y), method = "TMM")
  write(y, paste0(name, ".counts.csv"))
  write(matrix(d$samples$norm.factors, ncol = 1), paste0(name, ".factors.csv"))
  write(cpm(d, log = TRUE, prior.count = 2), paste0(name, ".logcpm.csv"))
}
writeLines(c(R.version.string, paste("edgeR", packageVersion("edgeR")), paste("limma", packageVersion("limma"))),
           "versions.txt")
