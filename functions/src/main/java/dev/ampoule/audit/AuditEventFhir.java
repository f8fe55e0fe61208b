package dev.ampoule.audit;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.ampoule.plugin.PurposeOfUse;
import java.io.IOException;
import java.io.UncheckedIOException;

/**
 * An entry as AuditEvent of HL7 FHIR R4 (4.0.1). Everything in it comes from the entry: nothing is
 * looked up, nothing is free text.
 */
public final class AuditEventFhir {
  public static final String MEDIA_TYPE = "application/fhir+json";

  private static final String DCM = "http://dicom.nema.org/resources/ontology/DCM";
  private static final String EVENT_TYPE = "http://terminology.hl7.org/CodeSystem/audit-event-type";
  private static final String INTERACTION = "http://hl7.org/fhir/restful-interaction";
  private static final String SOURCE_TYPE =
      "http://terminology.hl7.org/CodeSystem/security-source-type";
  private static final String ENTITY_TYPE =
      "http://terminology.hl7.org/CodeSystem/audit-entity-type";
  private static final JsonMapper JSON = new JsonMapper();

  private AuditEventFhir() {}

  /** A code of a code system. */
  private record Code(String system, String code, String display) {
    ObjectNode json() {
      return object().put("system", system).put("code", code).put("display", display);
    }
  }

  /** Kind of event, kind within that kind, and C, R, U, D or E (create … execute). */
  private record Kind(Code type, Code subtype, String action) {}

  private static final Code REST = new Code(EVENT_TYPE, "rest", "RESTful Operation");
  private static final Code AUDIT_LOG_USED = new Code(DCM, "110101", "Audit Log Used");

  private static Kind kind(AuditAction action) {
    return switch (action) {
      case INVOKE, PUBLISH, SUBSCRIBE -> rest("operation", "E");
      case REGISTER, UPLOAD -> rest("create", "C");
      case ACTIVATE, ROLLBACK, RETIRE, QUARANTINE, BIND_TOPIC -> rest("update", "U");
      case READ_PLUGINS -> rest("search-type", "R");
      case READ_SUBJECT -> rest("read", "R");
      case ERASE_SUBJECT -> rest("delete", "D");
      case READ_AUDIT -> new Kind(AUDIT_LOG_USED, interaction("search-type"), "R");
      case VERIFY_AUDIT -> new Kind(AUDIT_LOG_USED, interaction("operation"), "E");
      case AUTHENTICATE ->
          new Kind(
              new Code(DCM, "110114", "User Authentication"),
              new Code(DCM, "110122", "Login"),
              "E");
      case ARTIFACT_REFUSED ->
          new Kind(
              new Code(DCM, "110113", "Security Alert"),
              new Code(DCM, "110132", "Use of Restricted Function"),
              "E");
    };
  }

  private static Kind rest(String interaction, String action) {
    return new Kind(REST, interaction(interaction), action);
  }

  private static Code interaction(String code) {
    return new Code(INTERACTION, code, code);
  }

  /** Value set audit-event-outcome: 0 success, 4 minor, 8 serious, 12 major failure. */
  private static String outcome(AuditOutcome outcome) {
    return switch (outcome) {
      case SUCCESS -> "0";
      case PLUGIN_ERROR,
          CAPABILITY_DENIED,
          FORBIDDEN,
          UNAUTHENTICATED,
          NOT_FOUND,
          BAD_REQUEST,
          CONFLICT,
          TOO_LARGE,
          THROTTLED,
          REJECTED ->
          "4";
      case TRAP, TIME_LIMIT, LIMIT, UNAVAILABLE -> "8";
      case INTERNAL_ERROR -> "12";
    };
  }

  /** The resource as JSON in UTF-8. */
  public static byte[] json(AuditId id, AuditEntry entry) {
    try {
      return JSON.writeValueAsBytes(resource(id, entry));
    } catch (IOException e) {
      throw new UncheckedIOException("writing to memory", e);
    }
  }

  private static ObjectNode resource(AuditId id, AuditEntry entry) {
    Kind kind = kind(entry.action());
    ObjectNode event = object().put("resourceType", "AuditEvent").put("id", id.toString());
    event.set("type", kind.type().json());
    event.putArray("subtype").add(kind.subtype().json());
    event.put("action", kind.action());
    event
        .putObject("period")
        .put("start", EntryJson.time(entry.time()))
        .put("end", EntryJson.time(entry.time().plus(entry.duration())));
    event.put("recorded", EntryJson.time(entry.time()));
    event.put("outcome", outcome(entry.outcome()));
    event.put(
        "outcomeDesc",
        entry.detail().isEmpty()
            ? entry.outcome().name()
            : entry.outcome().name() + ": " + entry.detail());
    entry.purposeOfUse().ifPresent(p -> event.putArray("purposeOfEvent").add(purpose(p)));
    event.putArray("agent").add(agent(entry));
    event.set("source", source(id));
    event.putArray("entity").add(entity(entry));
    return event;
  }

  private static ObjectNode agent(AuditEntry entry) {
    ObjectNode agent = object();
    ObjectNode who = agent.putObject("who");
    switch (entry.actor().kind()) {
      case SUBJECT -> who.putObject("identifier").put("value", entry.actor().subject());
      case SYSTEM -> who.put("display", "Ampoule");
      case ANONYMOUS -> who.put("display", "anonymous");
    }
    agent.put("requestor", true);
    entry.policy().ifPresent(p -> agent.putArray("policy").add("urn:ampoule:policy:" + p));
    entry.purposeOfUse().ifPresent(p -> agent.putArray("purposeOfUse").add(purpose(p)));
    return agent;
  }

  private static ObjectNode source(AuditId id) {
    ObjectNode source = object().put("site", "Ampoule");
    source
        .putObject("observer")
        .put("display", "Ampoule audit writer")
        .putObject("identifier")
        .put("system", "urn:ietf:rfc:3986")
        .put("value", "urn:uuid:" + id.block().chain());
    source.putArray("type").add(new Code(SOURCE_TYPE, "4", "Application Server").json());
    return source;
  }

  private static ObjectNode entity(AuditEntry entry) {
    ObjectNode entity = object();
    entry
        .plugin()
        .ifPresent(name -> {
          String version = entry.version().map(v -> "@" + v).orElse("");
          entity
              .putObject("what")
              .putObject("identifier")
              .put("system", "urn:ampoule:plugin")
              .put("value", name + version);
          entity.put("name", name + version);
        });
    entity.set("type", new Code(ENTITY_TYPE, "2", "System Object").json());
    ArrayNode details = entity.putArray("detail");
    entry.digest().ifPresent(d -> detail(details, "digest", d));
    entry.signedBy().ifPresent(k -> detail(details, "signedBy", k));
    entry.function().ifPresent(f -> detail(details, "function", f));
    entry.request().ifPresent(r -> detail(details, "request", r));
    detail(details, "action", entry.action());
    detail(details, "durationMs", entry.duration().toMillis());
    detail(details, "inputBytes", entry.inputBytes());
    detail(details, "outputBytes", entry.outputBytes());
    return entity;
  }

  private static void detail(ArrayNode details, String type, Object value) {
    details.add(object().put("type", type).put("valueString", value.toString()));
  }

  private static ObjectNode purpose(PurposeOfUse purpose) {
    ObjectNode concept = object();
    concept
        .putArray("coding")
        .add(object().put("system", PurposeOfUse.SYSTEM).put("code", purpose.name()));
    return concept;
  }

  private static ObjectNode object() {
    return JsonNodeFactory.instance.objectNode();
  }
}
