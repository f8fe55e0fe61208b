package dev.ampoule.sandbox;

/** One run: how it ended and what it used. */
public record Run(RunOutcome outcome, RunStats stats) {}
