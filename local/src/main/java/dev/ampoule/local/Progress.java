package dev.ampoule.local;

import java.io.PrintWriter;
import java.util.concurrent.TimeUnit;

/** Says what a long start is at: one line per step, with the seconds since it began. */
final class Progress {
  private final PrintWriter out;
  private final long startNanos = System.nanoTime();

  Progress(PrintWriter out) {
    this.out = out;
  }

  synchronized void say(String step) {
    long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - startNanos);
    out.printf("%5.1f s  %s%n", millis / 1000.0, step);
    out.flush();
  }
}
