package dev.ampoule.local.cli;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;

/** Rows under headings, columns aligned to the left and two blanks apart. */
final class Table {
  private static final int GAP_CHARS = 2;

  private final List<List<String>> rows = new ArrayList<>();

  Table(String... headings) {
    rows.add(List.of(headings));
  }

  void add(String... cells) {
    rows.add(List.of(cells).stream().map(Table::cell).toList());
  }

  void print(PrintStream out) {
    int columns = rows.getFirst().size();
    int[] widths = new int[columns];
    for (List<String> row : rows) {
      for (int i = 0; i < columns; i++) {
        widths[i] = Math.max(widths[i], row.get(i).length());
      }
    }
    for (List<String> row : rows) {
      StringBuilder line = new StringBuilder();
      for (int i = 0; i < columns; i++) {
        line.append(row.get(i)).repeat(' ', widths[i] - row.get(i).length() + GAP_CHARS);
      }
      out.println(line.toString().stripTrailing());
    }
  }

  private static String cell(String text) {
    String line = Printable.line(text);
    return line.isEmpty() ? "-" : line;
  }
}
