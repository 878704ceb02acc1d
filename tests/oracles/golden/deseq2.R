# Golden values of DESeq2 for tests/oracles/test_deseq2.py.
# Usage: Rscript deseq2.R CASES OUT [full]
# CASES holds, for each case, <case>.counts.tsv (features x samples) and <case>.samples.tsv, and
# cases.tsv: case, design, coefficient, size_factors, reduced (as written by deseq2_cases.py).
# Without `full`, a case of more than 100 features keeps every tenth and those with padj < .1.
suppressMessages(library(DESeq2))
arguments <- commandArgs(trailingOnly = TRUE)
full_size <- length(arguments) > 2
cases <- read.delim(file.path(arguments[1], "cases.tsv"), colClasses = "character", na.strings = "")
cat("R", as.character(getRversion()), "DESeq2", as.character(packageVersion("DESeq2")), "\n")

run <- function(case) {
  path <- function(kind) file.path(arguments[1], paste0(case$data, ".", kind, ".tsv"))
  counts <- as.matrix(read.delim(path("counts"), row.names = 1, check.names = FALSE))
  samples <- read.delim(path("samples"), row.names = 1, stringsAsFactors = TRUE)
  if ("control" %in% levels(samples$condition)) {
    samples$condition <- relevel(samples$condition, "control")
  }
  dds <- DESeqDataSetFromMatrix(counts, samples[colnames(counts), , drop = FALSE],
                                as.formula(case$design))
  begin <- proc.time()
  dds <- if (is.na(case$reduced)) {
    DESeq(dds, sfType = case$size_factors, quiet = TRUE)
  } else {
    DESeq(dds, test = "LRT", reduced = as.formula(case$reduced),
          sfType = case$size_factors, quiet = TRUE)
  }
  result <- results(dds, name = case$coefficient)
  used <- proc.time() - begin
  columns <- mcols(dds)
  converged <- if (is.na(case$reduced)) columns$betaConv else columns$fullBetaConv
  table <- data.frame(
    feature = rownames(dds), dispersion = dispersions(dds),
    log2_fold_change = result$log2FoldChange, standard_error = result$lfcSE,
    p_value = result$pvalue, q_value = result$padj, converged = as.integer(converged)
  )
  spread <- dispersionFunction(dds)
  cat(sprintf("%s\t%.2f CPU-s\n", case$case, used[["user.self"]] + used[["sys.self"]]))
  if (!full_size && nrow(table) > 100) {
    kept <- seq_len(nrow(table)) %% 10 == 1 | (!is.na(table$q_value) & table$q_value < 0.1)
    table <- table[kept, ]
  }
  numbers <- sapply(table, is.numeric)
  table[numbers] <- lapply(table[numbers], signif, digits = 6)
  write.table(table, file.path(arguments[2], paste0("deseq2.", case$case, ".tsv")), sep = "\t",
              quote = FALSE, row.names = FALSE, na = "")
  data.frame(case = case$case, trend = attr(spread, "fitType"),
             prior_variance = signif(attr(spread, "dispPriorVar"), 8),
             discoveries = sum(result$padj < 0.05, na.rm = TRUE),
             tested = sum(!is.na(result$padj)), outliers = sum(is.na(result$pvalue) & result$baseMean > 0))
}
summaries <- do.call(rbind, lapply(seq_len(nrow(cases)), function(i) run(cases[i, ])))
write.table(summaries, file.path(arguments[2], "deseq2.summary.tsv"), sep = "\t", quote = FALSE,
            row.names = FALSE)
