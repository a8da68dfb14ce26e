#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <random>
#include <thread>

#include "server/storage/connection.hpp"
#include "server/storage/sql_tx.hpp"
#include "server/storage/statements.hpp"
#include "server/storage/store.hpp"

namespace twofold::storage {

using namespace domain;
using SteadyClock = std::chrono::steady_clock;
using std::chrono::milliseconds;

namespace {

constexpr int kAttempts = 5;
// After a failed connect the others do not try for this long: a dead host costs one caller its
// time-out, not every worker. Well under the 5 s in which the store must be well again.
constexpr milliseconds kConnectPause{500};
// A connection that rested longer is checked before use, so that fn never starts on a dead one.
constexpr milliseconds kTrusted{2000};
constexpr std::chrono::seconds kRetryAfter{1};

Problem unavailable() { return Problem{Code::unavailable, kRetryAfter, {}, {}}; }

void pause_a_little(int attempt) {
    thread_local std::minstd_rand random{std::random_device{}()};
    std::uniform_int_distribution<int> micros(200, 3000 * (attempt + 1));
    std::this_thread::sleep_for(std::chrono::microseconds(micros(random)));
}

// The right to write, for one caller at a time. A mutex with a deadline, made of the parts that
// thread sanitizers understand (std::timed_mutex is not one of them).
class WriterTurn {
 public:
    bool take(milliseconds deadline) {
        std::unique_lock lock(mutex_);
        if (!freed_.wait_for(lock, deadline, [this] { return !taken_; })) return false;
        taken_ = true;
        return true;
    }
    void give_back() {
        {
            const std::scoped_lock lock(mutex_);
            taken_ = false;
        }
        freed_.notify_one();
    }

 private:
    std::mutex mutex_;
    std::condition_variable freed_;
    bool taken_ = false;
};

class SqlStore final : public Store {
 public:
    SqlStore(const DatabaseUrl& url, StoreOptions options)
        : options_(std::move(options)),
          dialect_(make_dialect(url, options_.deadline)),
          url_(url),
          pool_(options_.connections),
          slots_(options_.connections) {}

    Outcome<Done> write(std::string_view request_id, const std::function<bool(Tx&)>& fn) override;
    Outcome<Done> read(const std::function<void(Tx&)>& fn) override;
    bool ready() override;

 private:
    // What belongs to a place of the pool; whoever leased the place owns it.
    struct Slot {
        bool open = false;
        std::uint64_t thread_id = 0;  // of the last connection, also after it was lost
        SteadyClock::time_point used{};
        bool shortened = false;  // waits for other processes for less than the deadline
        Statements statements;
    };

    // A leased place. Gives it back; a connection that failed is closed first.
    class Lease {
     public:
        explicit Lease(SqlStore& store) : store_(store) {
            // In whole seconds: older SOCI miscounts fractions.
            const int wait =
                static_cast<int>((store.options_.deadline.count() + 999) / 1000 * 1000);
            if (!store.pool_.try_lease(place_, wait)) {
                store.tell("deadline", 0);
                throw DatabaseTrouble{Trouble::unavailable, 0};
            }
        }
        Lease(const Lease&) = delete;
        Lease& operator=(const Lease&) = delete;
        ~Lease() {
            slot().used = SteadyClock::now();
            store_.pool_.give_back(place_);
        }
        Slot& slot() { return store_.slots_[place_]; }
        soci::session& session() { return store_.pool_.at(place_); }

     private:
        SqlStore& store_;
        std::size_t place_ = 0;
    };

    void tell(std::string_view what, int code) const {
        if (options_.on_trouble) options_.on_trouble(what, code);
    }
    void connect(Connection& c, Slot& slot);
    void make_usable(Connection& c, Slot& slot);
    void begin_write(Connection& c, Slot& slot, SteadyClock::time_point started);
    void drop(Connection& c, Slot& slot) {
        c.close();
        slot.open = false;
    }
    void roll_back(Connection& c, Slot& slot);
    // Most of a deadline has gone: a further attempt could cost the caller another one.
    bool timed_out(SteadyClock::time_point since) const {
        return SteadyClock::now() - since > options_.deadline * 3 / 4;
    }
    bool committed(Connection& c, Slot& slot, const std::string& witness);
    void end_lost_transaction(Connection& c, std::uint64_t thread_id);
    Outcome<Done> attempt_failed(const DatabaseTrouble& trouble, std::string_view what) const;

    StoreOptions options_;
    Dialect dialect_;
    DatabaseUrl url_;
    soci::connection_pool pool_;
    std::vector<Slot> slots_;
    WriterTurn writer_;  // Dialect::one_writer
    std::atomic<SteadyClock::rep> no_connect_before_{0};
};

void SqlStore::connect(Connection& c, Slot& slot) {
    slot.open = false;
    if (SteadyClock::now().time_since_epoch().count() < no_connect_before_)
        throw DatabaseTrouble{Trouble::unavailable, 0};
    try {
        create_private_file(url_);
        c.open();
    } catch (const DatabaseTrouble& trouble) {
        no_connect_before_ = (SteadyClock::now() + kConnectPause).time_since_epoch().count();
        tell("connect", trouble.native_code);
        throw;
    }
    slot.open = true;
    slot.shortened = false;
    slot.thread_id = c.thread_id();
}

void SqlStore::make_usable(Connection& c, Slot& slot) {
    if (!slot.open) return connect(c, slot);
    if (dialect_.engine == Engine::mysql && SteadyClock::now() - slot.used > kTrusted) {
        const auto asked = SteadyClock::now();
        try {
            c.run(Sql("DO 0"));
        } catch (const DatabaseTrouble&) {
            drop(c, slot);
            // No answer at all: a new connection would take the same time to get none either.
            if (timed_out(asked)) throw DatabaseTrouble{Trouble::unavailable, 0};
            connect(c, slot);
        }
    }
    c.count_from_here();
}

// One deadline for both queues, that of our own threads and that of the other processes: who has waited
// for the first has only the rest for the second.
void SqlStore::begin_write(Connection& c, Slot& slot, SteadyClock::time_point started) {
    if (dialect_.one_writer) {
        const auto waited =
            std::chrono::duration_cast<milliseconds>(SteadyClock::now() - started);
        const bool short_of_time = waited > options_.deadline / 10;
        if (short_of_time || slot.shortened) {
            const milliseconds left =
                short_of_time ? std::max(options_.deadline - waited, options_.deadline / 10)
                              : options_.deadline;
            c.run(Sql("PRAGMA busy_timeout = " + std::to_string(left.count())));
            slot.shortened = short_of_time;
        }
    }
    c.run(Sql(dialect_.begin_write));
}

void SqlStore::roll_back(Connection& c, Slot& slot) {
    if (!slot.open) return;
    try {
        c.run(Sql("ROLLBACK"));
    } catch (const DatabaseTrouble&) {
        // SQLite has rolled back by itself after some errors and says there is nothing to roll
        // back; a fresh connection is right in either case.
        drop(c, slot);
    }
}

// The server may still be working on a COMMIT whose answer we did not get. Only when its connection
// has ended is the transaction decided, and a look at the rows final.
void SqlStore::end_lost_transaction(Connection& c, std::uint64_t thread_id) {
    // The same number again means that the server has restarted: whatever is there is decided.
    if (thread_id == 0 || thread_id == c.thread_id()) return;
    const auto id = static_cast<std::int64_t>(thread_id);
    try {
        c.run(Sql("KILL ").value(id));
    } catch (const DatabaseTrouble& trouble) {
        if (trouble.trouble == Trouble::gone) throw;
        return;  // 1094: no such connection any more. 1095: not ours, so the server has restarted.
    }
    const auto until = SteadyClock::now() + options_.deadline;
    while (
        c.number(Sql("SELECT COUNT(*) FROM information_schema.processlist WHERE id = ").value(id))
            .value_or(0) != 0) {
        if (SteadyClock::now() > until) throw DatabaseTrouble{Trouble::unavailable, 0};
        std::this_thread::sleep_for(milliseconds(10));
    }
}

// After a COMMIT whose result is unknown: is the audit row it inserted there? Without one nothing
// can be proven; the transaction repeats, and its guards and unique keys decide.
bool SqlStore::committed(Connection& c, Slot& slot, const std::string& witness) {
    const std::uint64_t lost = slot.thread_id;
    drop(c, slot);
    connect(c, slot);
    end_lost_transaction(c, lost);
    return !witness.empty() &&
           c.number(Sql("SELECT 1 FROM audit WHERE id = ").value(witness)).has_value();
}

Outcome<Done> SqlStore::attempt_failed(const DatabaseTrouble& trouble,
                                       std::string_view what) const {
    tell(what, trouble.native_code);
    if (trouble.trouble == Trouble::internal || trouble.trouble == Trouble::exists)
        return problem(Code::internal);
    return unavailable();
}

Outcome<Done> SqlStore::write(std::string_view, const std::function<bool(Tx&)>& fn) {
    const auto started = SteadyClock::now();
    try {
        if (dialect_.one_writer && !writer_.take(options_.deadline)) {
            tell("deadline", 0);
            return unavailable();
        }
        struct Turn {
            WriterTurn* turn;
            ~Turn() {
                if (turn != nullptr) turn->give_back();
            }
        } const turn{dialect_.one_writer ? &writer_ : nullptr};
        Lease lease(*this);
        Slot& slot = lease.slot();
        Connection c(lease.session(), dialect_, &slot.statements);

        for (int attempt = 0;; ++attempt) {
            bool committing = false;
            std::string witness;
            try {
                make_usable(c, slot);
                begin_write(c, slot, started);
                SqlTx tx(c, true);
                if (!fn(tx)) {
                    roll_back(c, slot);
                    return Done{};
                }
                witness = tx.witness();
                committing = true;
                c.run(Sql("COMMIT"));
                return Done{};
            } catch (const DatabaseTrouble& trouble) {
                const bool repeat = trouble.trouble == Trouble::conflict ||
                                    trouble.trouble == Trouble::gone ||
                                    trouble.trouble == Trouble::duplicate;
                if (committing && trouble.trouble != Trouble::conflict) {
                    tell("commit", trouble.native_code);
                    if (committed(c, slot, witness)) return Done{};
                } else if (trouble.trouble == Trouble::gone) {
                    drop(c, slot);
                } else {
                    roll_back(c, slot);
                }
                // A repetition may take a deadline of its own, and the caller still waits.
                const bool late = timed_out(started);
                if (!repeat || late || attempt + 1 >= kAttempts)
                    return attempt_failed(trouble, "statement");
                tell("repeat", trouble.native_code);
            } catch (...) {  // of fn: not ours to answer
                roll_back(c, slot);
                throw;
            }
            pause_a_little(attempt);
        }
    } catch (const DatabaseTrouble& trouble) {
        return attempt_failed(trouble, "connect");
    }
}

Outcome<Done> SqlStore::read(const std::function<void(Tx&)>& fn) {
    const auto started = SteadyClock::now();
    try {
        Lease lease(*this);
        Slot& slot = lease.slot();
        Connection c(lease.session(), dialect_, &slot.statements);
        for (int attempt = 0;; ++attempt) {
            try {
                make_usable(c, slot);
                if (!dialect_.begin_read.empty()) {
                    c.run(Sql(dialect_.begin_read));
                    c.count_from_here();
                }
                SqlTx tx(c, false);
                fn(tx);
                if (!dialect_.begin_read.empty()) c.run(Sql("COMMIT"));
                return Done{};
            } catch (const DatabaseTrouble& trouble) {
                // fn is not run again once it has seen something.
                const bool untouched = c.succeeded() == 0;
                const bool repeat =
                    trouble.trouble == Trouble::gone || trouble.trouble == Trouble::conflict;
                if (trouble.trouble == Trouble::gone)
                    drop(c, slot);
                else if (!dialect_.begin_read.empty())
                    roll_back(c, slot);
                if (!repeat || !untouched || timed_out(started) || attempt + 1 >= kAttempts)
                    return attempt_failed(trouble, "statement");
            } catch (...) {
                if (!dialect_.begin_read.empty()) roll_back(c, slot);
                throw;
            }
            pause_a_little(attempt);
        }
    } catch (const DatabaseTrouble& trouble) {
        return attempt_failed(trouble, "connect");
    }
}

bool SqlStore::ready() {
    const auto started = SteadyClock::now();
    try {
        Lease lease(*this);
        Slot& slot = lease.slot();
        Connection c(lease.session(), dialect_, &slot.statements);
        for (int attempt = 0; attempt < 2; ++attempt) {
            try {
                make_usable(c, slot);
                // A table of ours: it must be there, and a cluster's minority refuses it.
                return c.number(Sql("SELECT COUNT(*) FROM schema_migration")).value_or(0) > 0;
            } catch (const DatabaseTrouble& trouble) {
                if (trouble.trouble == Trouble::gone) drop(c, slot);
                if (trouble.trouble != Trouble::gone || timed_out(started)) return false;
            }
        }
    } catch (const DatabaseTrouble&) {  // not reachable: that is the answer
    }
    return false;
}

}  // namespace

std::unique_ptr<Store> open_store(std::string_view url, StoreOptions options) {
    if (options.connections < 1 || options.connections > 256)
        throw StorageError("store options: 1..256 connections");
    if (options.deadline < milliseconds{1000} || options.deadline > milliseconds{60000})
        throw StorageError("store options: a deadline of 1..60 s");
    return std::make_unique<SqlStore>(parse_url(url), std::move(options));
}

}  // namespace twofold::storage
