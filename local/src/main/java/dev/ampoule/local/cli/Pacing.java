package dev.ampoule.local.cli;

import java.time.Duration;

/** Time, for a command that waits. */
public interface Pacing {
  /** Nanoseconds since some fixed moment, as {@link System#nanoTime}. */
  long nanoTime();

  void pause(Duration duration) throws InterruptedException;

  static Pacing ofProcess() {
    return new Pacing() {
      @Override
      public long nanoTime() {
        return System.nanoTime();
      }

      @Override
      public void pause(Duration duration) throws InterruptedException {
        Thread.sleep(duration);
      }
    };
  }
}
