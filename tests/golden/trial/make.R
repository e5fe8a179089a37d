# Numbers of R's rpact for designs and analyses beyond the published cases.
# Run: Rscript make.R   (writes expected.csv and versions.txt beside itself)
suppressMessages({library(rpact); setLogLevel("DISABLED")})
rows <- list()
put <- function(name, values) for (i in seq_along(values))
  rows[[length(rows) + 1]] <<- data.frame(name = name, index = i, value = sprintf("%.12g", values[i]))

put("fisher equal 3", getDesignFisher(kMax = 3, alpha = .025)$criticalValues)
put("fisher full 3", getDesignFisher(kMax = 3, alpha = .025, method = "fullAlpha")$criticalValues)
put("fisher futility 3", getDesignFisher(kMax = 3, alpha = .025, alpha0Vec = c(.5, .6))$criticalValues)

design <- function(name, ...) {
  d <- getDesignGroupSequential(...)
  k <- getDesignCharacteristics(d)
  put(paste(name, "upper"), d$criticalValues)
  if (length(d$futilityBounds) && !all(is.na(d$futilityBounds))) put(paste(name, "futility"), d$futilityBounds)
  put(paste(name, "inflation"), k$inflationFactor)
  put(paste(name, "expected"), c(k$averageSampleNumber0, k$averageSampleNumber01, k$averageSampleNumber1))
}
design("beta spending", kMax = 4, typeOfDesign = "asKD", gammaA = 2.5, typeBetaSpending = "bsKD", gammaB = 1.5, beta = .2)
design("beta spending binding", kMax = 3, informationRates = c(.3, .75, 1), typeOfDesign = "asOF",
       typeBetaSpending = "bsOF", bindingFutility = TRUE, beta = .1)
design("fixed futility", informationRates = c(.4, .6, 1), typeOfDesign = "asP", futilityBounds = c(0, .6), beta = .15)
design("fixed futility binding", informationRates = c(.4, .6, 1), typeOfDesign = "OF", futilityBounds = c(0, .6),
       bindingFutility = TRUE, beta = .15)
design("user spending", informationRates = c(.2, .5, 1), typeOfDesign = "asUser", userAlphaSpending = c(.001, .01, .025))
design("two-sided", kMax = 4, sided = 2, alpha = .05, typeOfDesign = "asHSD", gammaA = -3, beta = .2)

d <- getDesignGroupSequential(kMax = 3, typeOfDesign = "OF")
data <- getDataset(n = c(50, 50), means = c(.35, .47), stDevs = c(1, 1))
r <- getAnalysisResults(d, data, stage = 2, normalApproximation = TRUE)
s <- getStageResults(d, data, stage = 2, normalApproximation = TRUE)
put("final z", s$overallTestStatistics[1:2])
put("final estimate", s$overallMeans[2])
put("final p", r$finalPValues[2])
put("final median unbiased", r$medianUnbiasedEstimates[2])
put("final interval", c(r$finalConfidenceIntervalLowerBounds[2], r$finalConfidenceIntervalUpperBounds[2]))
put("repeated p", r$repeatedPValues[1:2])

d <- getDesignGroupSequential(kMax = 3, typeOfDesign = "asOF", informationRates = c(.3, .6, 1), alpha = .025, beta = .2)
put_survival <- function(name, s) {
  put(paste(name, "events"), s$maxNumberOfEvents)
  put(paste(name, "n"), s$maxNumberOfSubjects)
  put(paste(name, "follow-up"), s$followUpTime)
  put(paste(name, "times"), s$analysisTime)
  put(paste(name, "critical"), s$criticalValuesEffectScale)
}
put_survival("ramp", getSampleSizeSurvival(d, lambda2 = log(2) / 8, hazardRatio = .7, accrualTime = c(0, 6, 12),
  accrualIntensity = c(20, 60), dropoutRate1 = .05, dropoutRate2 = .05, dropoutTime = 12))
put_survival("piecewise", getSampleSizeSurvival(d, piecewiseSurvivalTime = c(0, 6, 12), lambda2 = c(.1, .05, .02),
  hazardRatio = .6, accrualTime = c(0, 12), accrualIntensity = 30, allocationRatioPlanned = 2))
put("rates margin looks", getSampleSizeRates(d, pi1 = .35, pi2 = .3, thetaH0 = -.1, allocationRatioPlanned = 1.5)$maxNumberOfSubjects)
put("rates margin", getSampleSizeRates(pi1 = .35, pi2 = .3, thetaH0 = -.1, alpha = .025, beta = .1)$nFixed)
put("means margin", getSampleSizeMeans(alternative = .3, stDev = 1, thetaH0 = -.1, allocationRatioPlanned = .5, alpha = .025,
  beta = .15)$nFixed)
put("means one group", getSampleSizeMeans(alternative = .4, stDev = 1, groups = 1, alpha = .025, beta = .1)$nFixed)
s <- getPowerSurvival(d, lambda2 = log(2) / 8, hazardRatio = c(.6, .8), maxNumberOfEvents = 200, maxNumberOfSubjects = 400,
  accrualTime = 12, directionUpper = FALSE)
put("power survival", s$overallReject)
put("power survival events", s$expectedNumberOfEvents)
for (type in c("Freedman", "HsiehFreedman")) put(type, getSampleSizeSurvival(hazardRatio = .7, lambda2 = .1,
  typeOfComputation = type, allocationRatioPlanned = 2, accrualTime = 12, followUpTime = 6, beta = .1)$eventsFixed)
s <- getSampleSizeSurvival(hazardRatio = .9, thetaH0 = 1.25, lambda2 = .1, accrualTime = 12, followUpTime = 6, beta = .1)
put("survival margin", c(s$eventsFixed, s$nFixed))

folder <- dirname(sub("--file=", "", grep("--file=", commandArgs(), value = TRUE)))
write.csv(do.call(rbind, rows), file.path(folder, "expected.csv"), row.names = FALSE, quote = FALSE)
writeLines(c(R.version.string, paste("rpact", packageVersion("rpact"))), file.path(folder, "versions.txt"))
