//! A pool of objects of one type. Für Spiele und Server.
const std = @import("std");
const Allocator = std.mem.Allocator;

/// How many objects a pool makes at once.
pub const default_batch = 32;

pub const PoolError = error{
    Exhausted,
    NotOurs,
};

pub const State = enum {
    free,
    used,

    pub fn isFree(self: State) bool {
        return self == .free;
    }
};

const Slot = union(enum) {
    next: ?usize,
    taken: void,
};

/// Makes the type of a pool of `T`.
pub fn Pool(comptime T: type) type {
    return struct {
        const Self = @This();

        allocator: Allocator,
        items: std.ArrayList(T),
        free: std.ArrayList(usize),

        pub fn init(allocator: Allocator) Self {
            return .{
                .allocator = allocator,
                .items = std.ArrayList(T).init(allocator),
                .free = std.ArrayList(usize).init(allocator),
            };
        }

        pub fn deinit(self: *Self) void {
            self.items.deinit();
            self.free.deinit();
        }

        /// Takes an object out; makes new ones if there is none.
        pub fn take(self: *Self) !usize {
            if (self.free.items.len == 0) {
                try self.grow(default_batch);
            }
            return self.free.pop();
        }

        fn grow(self: *Self, count: usize) !void {
            const first = self.items.items.len;
            try self.items.resize(first + count);
            var index = first + count;
            while (index > first) : (index -= 1) {
                try self.free.append(index - 1);
            }
        }
    };
}

pub const Stats = struct {
    taken: u64 = 0,
    given: u64 = 0,

    pub fn inUse(self: Stats) u64 {
        return self.taken - self.given;
    }
};

fn describe(state: State) []const u8 {
    return switch (state) {
        .free => "frei",
        .used => "in use — später",
    };
}

test "a pool grows when it is empty" {
    var pool = Pool(u32).init(std.testing.allocator);
    defer pool.deinit();
    const first = try pool.take();
    const second = try pool.take();
    try std.testing.expect(first != second);
}
