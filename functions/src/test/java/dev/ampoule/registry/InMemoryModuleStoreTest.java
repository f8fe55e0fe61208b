package dev.ampoule.registry;

final class InMemoryModuleStoreTest extends ModuleStoreContract {
  private final InMemoryModuleStore store = new InMemoryModuleStore();

  @Override
  protected ModuleStore store() {
    return store;
  }

  @Override
  protected void upload(UploadKey key, byte[] module) {
    store.putUpload(key, module);
  }

  @Override
  protected void putSignature(UploadKey key, byte[] signature) {
    store.putSignature(key, signature);
  }
}
