// A program the verifier refuses: it reads through a pointer that may be null.
#define SEC(name) __attribute__((section(name), used))
#define __uint(name, val) int (*name)[val]
#define __type(name, val) typeof(val) *name
static void *(*map_lookup)(void *map, const void *key) = (void *)1;
struct { __uint(type, 1); __uint(max_entries, 8); __type(key, int); __type(value, long); } table SEC(".maps");
SEC("raw_tp/sys_enter") int reads_null(void *ctx)
{
    int key = 0;
    long *value = map_lookup(&table, &key);
    return *value;
}
char _license[] SEC("license") = "GPL";
