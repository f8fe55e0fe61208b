package dev.ampoule.dashboard;

import dev.ampoule.audit.AuditOutcome;
import dev.ampoule.audit.AuditReview;
import dev.ampoule.audit.AuditVerification;
import dev.ampoule.plugin.LifecycleState;
import dev.ampoule.plugin.PluginName;
import dev.ampoule.plugin.PluginVersion;
import gg.jte.ContentType;
import gg.jte.TemplateEngine;
import gg.jte.output.StringOutput;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Renders pages. Whatever is filled in is escaped for the place it stands in, by jte. */
public final class Pages {
  private static final TemplateEngine TEMPLATES =
      TemplateEngine.createPrecompiled(
          null, ContentType.Html, Pages.class.getClassLoader(), "dev.ampoule.dashboard.templates");

  public String console(Frame frame, Console.Overview overview, List<Happened> happened) {
    return render(
        "console.jte", Map.of("frame", frame, "overview", overview, "happened", happened));
  }

  public String plugin(
      Frame frame, Console.Detail detail, Optional<String> notice, List<Happened> happened) {
    return render(
        "plugin.jte",
        Map.of(
            "frame", frame, "detail", detail, "notice", notice.orElse(""), "happened", happened));
  }

  /**
   * Asks before something is done.
   *
   * @param action where the form goes
   * @param back where a change of mind leads
   */
  public record Question(String text, String verb, String action, String back) {}

  public String confirm(Frame frame, Question question) {
    return render("confirm.jte", Map.of("frame", frame, "question", question));
  }

  /**
   * The audit review's filter as it was typed; empty text where it was not.
   *
   * @param fault what could not be understood of it
   */
  public record Filter(
      String from, String to, String plugin, String actor, String outcome, String fault) {
    public List<AuditOutcome> outcomes() {
      return List.of(AuditOutcome.values());
    }
  }

  /**
   * Audit entries.
   *
   * @param next query of the page with earlier entries
   */
  public String audit(
      Frame frame,
      Filter filter,
      AuditReview.Entries entries,
      Optional<String> next,
      Optional<AuditVerification.Result> verified) {
    return render(
        "audit.jte",
        Map.of(
            "frame", frame,
            "filter", filter,
            "entries", entries,
            "next", next.orElse(""),
            "verified", verified));
  }

  public String signIn(Frame frame, String next, Optional<String> refused) {
    return render(
        "signin.jte", Map.of("frame", frame, "next", next, "refused", refused.orElse("")));
  }

  public String patient(Frame frame, Bedside.Patient patient) {
    return render("patient.jte", Map.of("frame", frame, "patient", patient));
  }

  public String connections(Frame frame, List<Watched> watched) {
    return render("connections.jte", Map.of("frame", frame, "watched", watched));
  }

  public String ward(Frame frame, Bedside.Ward ward) {
    return render("ward.jte", Map.of("frame", frame, "ward", ward));
  }

  /** Says what went wrong. */
  public String problem(Frame frame, String detail) {
    return render("problem.jte", Map.of("frame", frame, "detail", detail));
  }

  static String render(String template, Map<String, @Nullable Object> parameters) {
    var output = new StringOutput();
    TEMPLATES.render(template, parameters, output);
    return output.toString();
  }

  /** Where a plugin's page is. */
  public static String path(PluginName name) {
    return "/plugins/" + name;
  }

  public static String rollback(PluginName name) {
    return "/plugins/" + name + "/rollback";
  }

  public static String activation(PluginName name, PluginVersion version) {
    return "/plugins/" + name + "/versions/" + version + "/activate";
  }

  public static Text name(LifecycleState state) {
    return switch (state) {
      case PENDING -> Text.PENDING;
      case VALIDATED -> Text.VALIDATED;
      case LIVE -> Text.LIVE;
      case CANARY -> Text.CANARY_STATE;
      case RETIRED -> Text.RETIRED;
      case REJECTED -> Text.REJECTED;
      case QUARANTINED -> Text.QUARANTINED;
    };
  }
}
