package dev.ampoule.sandbox;

import com.dylibso.chicory.runtime.Instance;
import com.dylibso.chicory.runtime.TableInstance;
import com.dylibso.chicory.wasm.types.Table;
import com.dylibso.chicory.wasm.types.TableLimits;

/**
 * A table whose elements come out of the run's limit. It gets limits of its own: Chicory 1.7.5
 * grows {@link TableLimits#min()} of the parsed module itself, so a table that one call grew would
 * start grown in the next.
 */
final class CappedTable extends TableInstance {
  private final RunBudget budget;

  static CappedTable of(Table table, int initialValue, RunBudget budget) {
    if (!budget.takeTableElements(table.limits().min())) {
      throw budget.outOfTableElements();
    }
    var limits = new TableLimits(table.limits().min(), table.limits().max());
    return new CappedTable(
        new Table(table.elementType(), limits, table.initialize()), initialValue, budget);
  }

  private CappedTable(Table table, int initialValue, RunBudget budget) {
    super(table, initialValue);
    this.budget = budget;
  }

  @Override
  public int grow(int elements, int value, Instance instance) {
    if (elements < 0
        || size() + (long) elements > limits().max()
        || !budget.takeTableElements(elements)) {
      return -1;
    }
    return super.grow(elements, value, instance);
  }
}
