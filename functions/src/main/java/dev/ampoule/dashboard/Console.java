package dev.ampoule.dashboard;

import static java.util.Objects.requireNonNull;

import dev.ampoule.audit.AuditAction;
import dev.ampoule.audit.AuditEntry;
import dev.ampoule.audit.AuditQuery;
import dev.ampoule.audit.AuditReview;
import dev.ampoule.audit.TimeRange;
import dev.ampoule.plugin.LifecycleState;
import dev.ampoule.plugin.PluginName;
import dev.ampoule.registry.Move;
import dev.ampoule.registry.Page;
import dev.ampoule.registry.PluginCatalog;
import dev.ampoule.registry.Rollout;
import dev.ampoule.registry.VersionRecord;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Gathers what the plugin pages show: the catalogue, and how calls went, from the audit. */
public final class Console {
  /** Entries that are counted; what a page may cost. */
  static final int ENTRIES_MAX = AuditQuery.LIMIT_MAX;

  private final PluginCatalog catalog;
  private final AuditReview review;
  private final Standing.Counts counts;
  private final Clock clock;

  public Console(PluginCatalog catalog, AuditReview review, Standing.Counts counts, Clock clock) {
    this.catalog = requireNonNull(catalog, "catalog");
    this.review = requireNonNull(review, "review");
    this.counts = requireNonNull(counts, "counts");
    this.clock = requireNonNull(clock, "clock");
  }

  /**
   * A page of plugins.
   *
   * @param sampled whether there were more entries than were counted
   */
  public record Overview(List<Item> plugins, Optional<String> next, boolean sampled) {
    public Overview {
      plugins = List.copyOf(plugins);
      requireNonNull(next, "next");
    }
  }

  /** A plugin among others. */
  public record Item(PluginName name, Standing standing, Activity activity) {
    public Item {
      requireNonNull(name, "name");
      requireNonNull(standing, "standing");
      requireNonNull(activity, "activity");
    }
  }

  /** A plugin with its versions, the newest registration first. */
  public record Detail(
      PluginName name,
      Standing standing,
      List<VersionRecord> versions,
      Activity activity,
      boolean sampled) {
    public Detail {
      requireNonNull(name, "name");
      requireNonNull(standing, "standing");
      requireNonNull(activity, "activity");
      versions = List.copyOf(versions);
    }

    /** Whether the page offers to make it live. */
    public boolean canActivate(VersionRecord version) {
      return Move.ACTIVATE.isAllowedIn(version.state()) && version.state() != LifecycleState.LIVE;
    }
  }

  public Overview plugins(Optional<String> after) {
    var page = catalog.plugins(after, Page.ITEMS_MAX);
    var now = clock.instant();
    var counted = calls(Optional.empty(), now);
    return new Overview(
        page.items().stream()
            .map(plugin ->
                new Item(
                    plugin.name(),
                    standing(plugin.name(), now),
                    counted.activity(plugin.name(), now)))
            .toList(),
        page.next(),
        counted.sampled());
  }

  /** Empty where no version of it was ever registered. */
  public Optional<Detail> plugin(PluginName name) {
    var versions = catalog.versions(name, Optional.empty(), Page.ITEMS_MAX).items();
    if (versions.isEmpty()) {
      return Optional.empty();
    }
    var now = clock.instant();
    var counted = calls(Optional.of(name), now);
    return Optional.of(
        new Detail(
            name,
            standing(name, now),
            versions.stream()
                .sorted((a, b) -> b.registeredAt().compareTo(a.registeredAt()))
                .toList(),
            counted.activity(name, now),
            counted.sampled()));
  }

  private Standing standing(PluginName name, Instant now) {
    return Standing.of(name, catalog.rollout(name).orElse(Rollout.NONE), counts, now);
  }

  private Counted calls(Optional<PluginName> plugin, Instant now) {
    var found =
        review.find(
            new AuditQuery(
                new TimeRange(now.minus(Activity.WINDOW), now.plusSeconds(1)),
                plugin,
                Optional.empty(),
                Optional.empty(),
                ENTRIES_MAX,
                Optional.empty()));
    Map<PluginName, List<AuditEntry>> calls = new HashMap<>();
    for (var item : found.items()) {
      var entry = item.entry();
      if (entry.action() == AuditAction.INVOKE) {
        entry
            .plugin()
            .ifPresent(name -> calls.computeIfAbsent(name, _ -> new ArrayList<>()).add(entry));
      }
    }
    return new Counted(calls, found.next().isPresent());
  }

  private record Counted(Map<PluginName, List<AuditEntry>> calls, boolean sampled) {
    Activity activity(PluginName name, Instant now) {
      return Activity.of(calls.getOrDefault(name, List.of()), now);
    }
  }
}
