//! A cache that forgets what was not asked for longest. Für Ärger gibt es `CacheError`.

use std::collections::HashMap;
use std::fmt;
use std::hash::Hash;

/// How many entries a cache holds if nothing else is said.
pub const DEFAULT_CAPACITY: usize = 128;

static GREETING: &str = "naïve café ☕";

/// What can go wrong.
#[derive(Debug, Clone, PartialEq)]
pub enum CacheError {
    /// The capacity is zero.
    NoRoom,
    Poisoned(String),
}

impl fmt::Display for CacheError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CacheError::NoRoom => write!(f, "a cache needs room for one entry"),
            CacheError::Poisoned(why) => write!(f, "poisoned: {why}"),
        }
    }
}

/// What a value weighs.
pub trait Weigh {
    const UNIT: &'static str;

    fn weight(&self) -> usize;

    fn is_heavy(&self) -> bool {
        self.weight() > 1_000
    }
}

impl Weigh for str {
    const UNIT: &'static str = "bytes";

    fn weight(&self) -> usize {
        self.len()
    }
}

pub type Clock = u64;

struct Entry<V> {
    value: V,
    used: Clock,
}

pub struct Cache<K, V> {
    entries: HashMap<K, Entry<V>>,
    capacity: usize,
    now: Clock,
}

impl<K: Hash + Eq + Clone, V> Cache<K, V> {
    /// Makes an empty cache.
    pub fn new(capacity: usize) -> Result<Self, CacheError> {
        if capacity == 0 {
            return Err(CacheError::NoRoom);
        }
        Ok(Self { entries: HashMap::new(), capacity, now: 0 })
    }

    #[inline]
    pub fn get(&mut self, key: &K) -> Option<&V> {
        self.now += 1;
        let now = self.now;
        self.entries.get_mut(key).map(|entry| {
            entry.used = now;
            &entry.value
        })
    }

    /// Puts a value in, and drops the entry that was not used longest if there is no room.
    ///
    /// ```
    /// let mut cache = Cache::new(1).unwrap();
    /// cache.put("a", 1);
    /// ```
    pub fn put(&mut self, key: K, value: V) {
        self.now += 1;
        if self.entries.len() == self.capacity && !self.entries.contains_key(&key) {
            let oldest = self.entries.iter().min_by_key(|(_, entry)| entry.used);
            if let Some(oldest) = oldest.map(|(key, _)| key.clone()) {
                self.entries.remove(&oldest);
            }
        }
        self.entries.insert(key, Entry { value, used: self.now });
    }
}

macro_rules! cache {
    ($($key:expr => $value:expr),* $(,)?) => {{
        let mut cache = Cache::new(DEFAULT_CAPACITY).unwrap();
        $(cache.put($key, $value);)*
        cache
    }};
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forgets_the_oldest() {
        let mut cache = cache! { "a" => 1, "b" => 2 };
        assert_eq!(cache.get(&"a"), Some(&1));
        assert!(!GREETING.is_heavy());
    }
}
