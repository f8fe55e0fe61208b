package dev.ampoule.registry;

final class InMemoryPluginCatalogTest extends PluginCatalogContract {
  private final InMemoryPluginCatalog catalog = new InMemoryPluginCatalog();

  @Override
  protected PluginCatalog catalog() {
    return catalog;
  }
}
