// Programs that the machine's tests load; compiled by the tests themselves.
typedef unsigned int u32;
typedef unsigned long long u64;
#define SEC(name) __attribute__((section(name), used))
#define __uint(name, val) int (*name)[val]
#define __type(name, val) typeof(val) *name
static void *(*map_lookup)(void *map, const void *key) = (void *)1;
static long (*map_update)(void *map, const void *key, const void *value, u64 flags) = (void *)2;
static long (*probe_read_kernel)(void *dst, u32 size, const void *from) = (void *)113;
static u64 (*current_pid_tgid)(void) = (void *)14;
static u32 (*smp_processor_id)(void) = (void *)8;
static long (*current_under_cgroup)(void *map, u32 index) = (void *)37;
static u64 (*current_cgroup_id)(void) = (void *)80;
static u64 (*attach_cookie)(void *ctx) = (void *)174;
static long (*ringbuf_output)(void *ring, void *data, u64 size, u64 flags) = (void *)130;
static void *(*ringbuf_reserve)(void *ring, u64 size, u64 flags) = (void *)131;
static void (*ringbuf_submit)(void *data, u64 flags) = (void *)132;
static void (*ringbuf_discard)(void *data, u64 flags) = (void *)133;

const volatile u32 tgid_wanted = 0;

struct {
    u64 wanted_tgid;
    u64 wanted_number;
    u64 enters;
    u64 perf;
    u64 cookies;
    u64 lost;
    u64 execs;
    u64 exec_cgroup;
    u64 discarded;
    u64 samples[64];
} counters;

u64 initialized = 42;

struct { __uint(type, 1); __uint(max_entries, 200000); __type(key, u64); __type(value, u64); } table SEC(".maps");
struct { __uint(type, 1); __uint(max_entries, 3); __type(key, u64); __type(value, u64); } small SEC(".maps");
struct { __uint(type, 5); __uint(max_entries, 64); __type(key, u32); __type(value, u32); } percpu SEC(".maps");
struct { __uint(type, 2); __uint(max_entries, 16); __type(key, u32); __type(value, u64); } array SEC(".maps");
struct { __uint(type, 27); __uint(max_entries, 16 << 20); } ring SEC(".maps");
struct { __uint(type, 8); __uint(max_entries, 1); __type(key, u32); __type(value, u32); } groups SEC(".maps");

struct raw { u64 args[0]; };

SEC("raw_tp/sys_enter") int count_enter(struct raw *ctx)
{
    if (current_pid_tgid() >> 32 != counters.wanted_tgid || ctx->args[1] != counters.wanted_number) return 0;
    __sync_fetch_and_add(&counters.enters, 1);
    return 0;
}

SEC("raw_tp/sys_enter") int count_cookie(struct raw *ctx)
{
    if (current_pid_tgid() >> 32 != counters.wanted_tgid || ctx->args[1] != counters.wanted_number) return 0;
    __sync_fetch_and_add(&counters.cookies, attach_cookie(ctx));
    return 0;
}

SEC("raw_tp/sys_enter") int too_many(struct raw *ctx) { return ctx->args[7] & 1; }

SEC("tracepoint") int count_perf(void *ctx)
{
    if (current_pid_tgid() >> 32 == counters.wanted_tgid) __sync_fetch_and_add(&counters.perf, 1);
    return 0;
}

SEC("perf_event") int sample(void *ctx)
{
    __sync_fetch_and_add(&counters.samples[smp_processor_id() & 63], 1);
    return 0;
}

// One record of 8 to 64 bytes a matching call; every 10th is discarded.
SEC("raw_tp/sys_enter") int ring_enter(struct raw *ctx)
{
    if (current_pid_tgid() >> 32 != counters.wanted_tgid || ctx->args[1] != counters.wanted_number) return 0;
    u64 n = __sync_fetch_and_add(&counters.enters, 1);
    u64 *record = ringbuf_reserve(&ring, 24, 0);
    if (!record) { __sync_fetch_and_add(&counters.lost, 1); return 0; }
    record[0] = n; record[1] = ~n; record[2] = 7;
    if (n % 10 != 9) { ringbuf_submit(record, 1); return 0; }
    ringbuf_discard(record, 1);
    __sync_fetch_and_add(&counters.discarded, 1);
    return 0;
}

SEC("raw_tp/sys_enter") int wake_enter(struct raw *ctx)
{
    if (current_pid_tgid() >> 32 != counters.wanted_tgid || ctx->args[1] != counters.wanted_number) return 0;
    u64 n = 1;
    ringbuf_output(&ring, &n, 8, 2);
    return 0;
}

// 256 bytes of the formatted record of an event.
SEC("tracepoint") int copy_record(void *ctx)
{
    if (counters.wanted_tgid && current_pid_tgid() >> 32 != counters.wanted_tgid) return 0;
    char *record = ringbuf_reserve(&ring, 256, 0);
    if (!record) { __sync_fetch_and_add(&counters.lost, 1); return 0; }
    probe_read_kernel(record, 256, ctx);
    ringbuf_submit(record, 0);
    return 0;
}

SEC("raw_tp/sched_process_exec") int count_exec(void *ctx)
{
    if (current_under_cgroup(&groups, 0) != 1) return 0;
    __sync_fetch_and_add(&counters.execs, 1);
    counters.exec_cgroup = current_cgroup_id();
    return 0;
}

SEC("raw_tp/sys_enter") int fill(struct raw *ctx)
{
    u32 key = smp_processor_id(); u32 value = 1;
    map_update(&percpu, &key, &value, 0);
    return tgid_wanted;
}

char _license[] SEC("license") = "GPL";
