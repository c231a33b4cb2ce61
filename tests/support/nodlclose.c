// Preloaded in sanitizer runs: keeps unloaded plugins' symbols for the leak report.
int dlclose(void* handle) {
  (void)handle;
  return 0;
}
