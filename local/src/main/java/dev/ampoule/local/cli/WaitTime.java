package dev.ampoule.local.cli;

import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** {@code 90s} or {@code 2m}: 1 s to 1 h. */
final class WaitTime implements ITypeConverter<Duration> {
  private static final Pattern FORM = Pattern.compile("([1-9][0-9]{0,3})([sm])");
  private static final Duration MAX = Duration.ofHours(1);

  @Override
  public Duration convert(String text) {
    Matcher matcher = FORM.matcher(text);
    if (matcher.matches()) {
      long count = Long.parseLong(matcher.group(1));
      Duration time =
          matcher.group(2).equals("m") ? Duration.ofMinutes(count) : Duration.ofSeconds(count);
      if (time.compareTo(MAX) <= 0) {
        return time;
      }
    }
    throw new TypeConversionException("must be 1s to 1h in seconds or minutes, as 90s or 2m");
  }
}
