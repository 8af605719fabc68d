// SPDX-License-Identifier: Apache-2.0
// Counts the words of standard input and prints the most frequent ones, one "count word" a line.
// A word is a run of ASCII letters, digits and bytes above 127; case does not matter for ASCII.
//
// usage: wordcount [HOW_MANY]
#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { kMaxWordBytes = 256 };

typedef struct {
  char *word;
  uint64_t count;
} Entry;

// An open-addressed hash table; its size is a power of two.
typedef struct {
  Entry *entries;
  size_t size;
  size_t used;
} Table;

static void *must(void *memory) {
  if (memory == NULL) {
    fputs("wordcount: out of memory\n", stderr);
    exit(EXIT_FAILURE);
  }
  return memory;
}

// FNV-1a.
static size_t hash(const char *word) {
  uint64_t value = 0xcbf29ce484222325;
  for (; *word != '\0'; ++word) value = (value ^ (unsigned char)*word) * 0x100000001b3;
  return (size_t)(value ^ (value >> 32));
}

static Entry *find(const Table *table, const char *word) {
  size_t at = hash(word) & (table->size - 1);
  while (table->entries[at].word != NULL && strcmp(table->entries[at].word, word) != 0) {
    at = (at + 1) & (table->size - 1);
  }
  return &table->entries[at];
}

static void grow(Table *table) {
  Table larger = {.size = table->size == 0 ? 1024 : table->size * 2, .used = table->used};
  larger.entries = must(calloc(larger.size, sizeof(Entry)));
  for (size_t i = 0; i < table->size; ++i) {
    if (table->entries[i].word != NULL) *find(&larger, table->entries[i].word) = table->entries[i];
  }
  free(table->entries);
  *table = larger;
}

static void count(Table *table, const char *word) {
  if (table->used * 2 >= table->size) grow(table);
  Entry *entry = find(table, word);
  if (entry->word == NULL) {
    entry->word = must(strdup(word));
    ++table->used;
  }
  ++entry->count;
}

static void count_input(Table *table) {
  char word[kMaxWordBytes + 1];
  size_t size = 0;
  for (int byte = getchar();; byte = getchar()) {
    if (byte != EOF && (isalnum(byte) || byte > 127)) {
      if (size < kMaxWordBytes) word[size++] = (char)tolower(byte);
      continue;
    }
    if (size > 0) {
      word[size] = '\0';
      count(table, word);
      size = 0;
    }
    if (byte == EOF) return;
  }
}

// Most frequent first, equal ones in alphabetical order.
static int compare(const void *left, const void *right) {
  const Entry *a = left;
  const Entry *b = right;
  if (a->count != b->count) return a->count < b->count ? 1 : -1;
  return strcmp(a->word, b->word);
}

int main(int argc, char **argv) {
  size_t shown = argc > 1 ? strtoul(argv[1], NULL, 10) : 10;
  Table table = {0};
  grow(&table);
  count_input(&table);

  Entry *words = must(calloc(table.used + 1, sizeof(Entry)));
  size_t words_count = 0;
  uint64_t total = 0;
  for (size_t i = 0; i < table.size; ++i) {
    if (table.entries[i].word == NULL) continue;
    words[words_count++] = table.entries[i];
    total += table.entries[i].count;
  }
  qsort(words, words_count, sizeof(Entry), compare);
  if (shown > words_count) shown = words_count;
  for (size_t i = 0; i < shown; ++i) {
    printf("%llu %s\n", (unsigned long long)words[i].count, words[i].word);
  }
  fprintf(stderr, "%llu words, %zu different\n", (unsigned long long)total, words_count);
  return EXIT_SUCCESS;
}
