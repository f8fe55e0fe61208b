package dev.ampoule.sandbox;

import java.time.Duration;

/**
 * What one run used.
 *
 * @param wall from the call of {@link Sandbox#run} to its return
 * @param memoryPagesPeak pages of 64 KiB, linear memory and host blocks together; the first page of
 *     host blocks is not counted
 * @param hostCalls calls of imported functions
 * @param logBytes bytes of log text, one more for each line
 */
public record RunStats(Duration wall, int memoryPagesPeak, long hostCalls, long logBytes) {}
