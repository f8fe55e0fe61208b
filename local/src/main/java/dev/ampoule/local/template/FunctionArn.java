package dev.ampoule.local.template;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The ways in which other resources name a function. */
final class FunctionArn {
  /**
   * A function's ARN, perhaps with a version or alias, perhaps inside the URI by which API Gateway
   * calls it ({@code arn:aws:apigateway:…:lambda:path/2015-03-31/functions/ARN/invocations}).
   */
  private static final Pattern ARN =
      Pattern.compile("arn:[^:/]+:lambda:[^:/]*:[^:/]*:function:([^:/]+)");

  private FunctionArn() {}

  /** The function's name, from an ARN or a name with or without a qualifier. */
  static String functionName(String reference) {
    Matcher arn = ARN.matcher(reference);
    if (arn.find()) {
      return arn.group(1);
    }
    int qualifier = reference.indexOf(':');
    return qualifier < 0 ? reference : reference.substring(0, qualifier);
  }
}
