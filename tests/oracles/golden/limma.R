# Golden values of test_limma.py: R 4.2.2, limma 3.54.1, edgeR 3.40.2, statmod 1.5.0, lme4 1.1-31.
# Usage: Rscript limma.R FOLDER-OF-limma_cases.py OUTPUT-FOLDER
suppressMessages({library(limma); library(edgeR); library(lme4)})
options(warn = -1)  # limma warns of coefficients that a feature's samples cannot tell apart
arguments <- commandArgs(TRUE)
KEPT <- 60  # features per table, evenly over all of them

data_of <- function(name) {
  path <- function(part) file.path(arguments[1], paste0(name, ".", part, ".tsv"))
  values <- as.matrix(read.delim(path("values"), row.names = 1, colClasses = c("character")))
  mode(values) <- "numeric"
  part <- function(what) if (file.exists(path(what))) read.delim(path(what))[[1]]
  list(y = values, design = as.matrix(read.delim(path("design"))), block = part("block"),
       peptides = part("peptides"))
}
save <- function(table, name, all = FALSE) {
  rows <- if (all) seq_len(nrow(table)) else unique(round(seq(1, nrow(table), length.out = KEPT)))
  text <- apply(table[rows, , drop = FALSE], 2, function(x) formatC(x, digits = 17, format = "g", width = 1))
  text <- cbind(feature = rownames(table)[rows], text)
  write.table(text, file.path(arguments[2], paste0(name, ".tsv")), sep = "\t", quote = FALSE, row.names = FALSE)
}
one <- function(fit) {  # the last coefficient
  k <- ncol(fit$coefficients)
  error <- fit$stdev.unscaled[, k] * sqrt(fit$s2.post)
  half <- qt(.975, fit$df.total) * error
  cbind(log2_fold_change = fit$coefficients[, k], standard_error = error, statistic = fit$t[, k],
        p_value = fit$p.value[, k], q_value = p.adjust(fit$p.value[, k], "BH"),
        low = fit$coefficients[, k] - half, high = fit$coefficients[, k] + half,
        degrees_of_freedom = fit$df.total)
}
facts <- list()

# observed values, covariates
d <- data_of("alzheimer")
fit <- lmFit(d$y, d$design)
save(one(eBayes(fit)), "alzheimer")
seen <- rowSums(!is.na(d$y)) > 0  # limma refuses a feature without a value here
save(one(eBayes(lmFit(d$y[seen, ], d$design), trend = TRUE)), "alzheimer_trend")
moderated <- eBayes(fit)
facts$alzheimer_prior_freedom <- moderated$df.prior
facts$alzheimer_prior_variance <- moderated$s2.prior

# several coefficients: limma's own F where nothing is missing; else its formula on each feature's
# residual sums of squares, since limma takes the correlation of the coefficients from all samples
sites <- paste0("site", 2:4)
full <- rowSums(is.na(d$y)) == 0
complete <- eBayes(lmFit(d$y[full, ], d$design))
f <- topTable(complete, coef = sites, number = Inf, sort.by = "none")

table <- cbind(statistic = f$F, p_value = f$P.Value); rownames(table) <- rownames(f)
save(table, "alzheimer_f_complete")
squares <- function(y, design) {
  o <- !is.na(y)
  if (!any(o)) return(c(0, 0))
  m <- lm.fit(design[o, , drop = FALSE], y[o]); c(sum(m$residuals^2), m$rank) }
base <- d$design[, setdiff(colnames(d$design), sites)]
a <- t(apply(d$y, 1, squares, d$design)); b <- t(apply(d$y, 1, squares, base))
df1 <- a[, 2] - b[, 2]
statistic <- (b[, 1] - a[, 1]) / df1 / moderated$s2.post
statistic[df1 == 0] <- NA
p <- pf(statistic, df1, moderated$df.total, lower.tail = FALSE)
save(cbind(statistic = statistic, p_value = p, numerator_degrees_of_freedom = df1), "alzheimer_f")

d <- data_of("magnet")
save(one(eBayes(lmFit(d$y, d$design))), "magnet")

# blocks
d <- data_of("repeated")
found <- duplicateCorrelation(d$y, d$design, block = d$block)
facts$repeated_correlation <- found$consensus.correlation
save(one(eBayes(lmFit(d$y, d$design, block = d$block, correlation = found$consensus.correlation))), "repeated")
correlations <- cbind(correlation = tanh(found$atanh.correlations)); rownames(correlations) <- rownames(d$y)
save(correlations, "repeated_correlations")

# peptides: the formulas of Zhu et al. 2020 on limma's fit
fit <- eBayes(lmFit(d$y, d$design))
log_variance <- log(fit$sigma^2); df <- fit$df.residual
use <- df > 0
x <- log2(d$peptides)
smooth <- loess(log_variance[use] ~ x[use], span = .75)
left <- mean((log_variance[use] - fitted(smooth))^2 - trigamma(df[use] / 2))
grid <- seq(1, 10 * sum(use)) / 10
d0 <- grid[which.min(abs(left - trigamma(grid / 2)))]
s02 <- exp(fitted(smooth) - digamma(df[use] / 2) + log(df[use] / 2) + digamma(d0 / 2) - log(d0 / 2))
post <- (d0 * s02 + df[use] * fit$sigma[use]^2) / (d0 + df[use])
statistic <- fit$coefficients[use, "case"] / fit$stdev.unscaled[use, "case"] / sqrt(post)
save(cbind(statistic = statistic, p_value = 2 * pt(-abs(statistic), d0 + df[use])), "repeated_peptides")
facts$repeated_peptides_prior_freedom <- d0

# counts with blocks, in two rounds (limma's guide)
for (name in c("gse71008", "blocked_counts")) {
  d <- data_of(name)
  factors <- calcNormFactors(d$y)
  counts <- DGEList(d$y, norm.factors = factors)
  save(cbind(norm_factor = setNames(factors, colnames(d$y))), paste0(name, "_tmm"), all = TRUE)
  v <- voom(counts, d$design)
  first <- duplicateCorrelation(v, d$design, block = d$block)$consensus.correlation
  v <- voom(counts, d$design, block = d$block, correlation = first)
  second <- duplicateCorrelation(v, d$design, block = d$block)$consensus.correlation
  facts[[paste0(name, "_correlation")]] <- second
  fit <- eBayes(lmFit(v, d$design, block = d$block, correlation = second))
  save(one(fit), paste0(name, "_voom"))
}

# random intercepts
d <- data_of("repeated")
rows <- which(rowSums(!is.na(d$y)) >= 30)[1:40]
control <- lmerControl(optimizer = "bobyqa", optCtrl = list(rhoend = 1e-13))
fits <- t(sapply(rows, function(i) {
  o <- !is.na(d$y[i, ])
  draws <- data.frame(y = d$y[i, o], columns = I(d$design[o, -1]), patient = factor(d$block[o]))
  m <- suppressMessages(lmer(y ~ columns + (1 | patient), data = draws, control = control))
  c(fixef(m)[6], sqrt(diag(as.matrix(vcov(m))))[6], as.data.frame(VarCorr(m))$vcov, logLik(m))
}))
colnames(fits) <- c("coefficient", "standard_error", "tau2", "sigma2", "loglik")
rownames(fits) <- rownames(d$y)[rows]
save(fits, "repeated_lme4", all = TRUE)

# detection: Fisher's test, and the penalised likelihood by R's general optimiser
d <- data_of("detections")
penalised <- function(beta, y, x) {
  eta <- as.vector(x %*% beta); p <- plogis(eta)
  sum(y * eta - log1p(exp(eta))) + determinant(crossprod(x * sqrt(p * (1 - p))))$modulus[1] / 2
}
highest <- function(y, x, free) {
  beta <- rep(0, free); full <- function(b) c(b, rep(0, ncol(x) - free))
  for (k in 1:4) {
    o <- optim(beta, function(b) penalised(full(b), y, x), method = "BFGS",
               control = list(fnscale = -1, reltol = 1e-16, maxit = 5000))
    beta <- o$par
  }
  o
}
x <- cbind(1, (d$design[, "age"] - 60) / 9, d$design[, "case"])
table <- t(apply(d$y, 1, function(y) {
  full <- highest(y, x, 3); null <- highest(y, x, 2)
  c(log_odds_ratio = full$par[3], statistic = 2 * (full$value - null$value),
    fisher = fisher.test(table(factor(y, 0:1), x[, 3]))$p.value)
}))
save(table, "detections", all = TRUE)

facts <- unlist(facts)
write.table(data.frame(fact = names(facts), value = formatC(facts, digits = 17, format = "g", width = 1)),
            file.path(arguments[2], "facts.tsv"), sep = "\t", quote = FALSE, row.names = FALSE)
