package dev.ampoule.local.demo;

/** What becomes of a patient: how ill, from 0 (well) to 1 (septic shock), at each observation. */
enum Course {
  STABLE {
    @Override
    double severity(int observation) {
      return 0.06;
    }
  },
  /** Falls ill within 18 observations, is very ill for 6, and is treated within 16; again. */
  FALLS_ILL {
    @Override
    double severity(int observation) {
      int day = observation % 40;
      double share = day < 18 ? day / 18.0 : day < 24 ? 1 : (40 - day) / 16.0;
      return 0.1 + 0.9 * share;
    }
  },
  /** An infection that goes up and down in the middle. */
  FLUCTUATES {
    @Override
    double severity(int observation) {
      return 0.38 + 0.12 * Math.sin(2 * Math.PI * observation / 24);
    }
  },
  RECOVERS {
    @Override
    double severity(int observation) {
      return Math.max(0.06, 0.75 - 0.015 * observation);
    }
  };

  abstract double severity(int observation);
}
