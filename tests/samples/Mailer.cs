using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;

namespace Example.Mail
{
    /// <summary>Called when a letter is out.</summary>
    public delegate void Sent(Letter letter);

    public enum Priority
    {
        Low,
        High,
    }

    /// <summary>Ein Brief; unveränderlich.</summary>
    public record Letter(string To, string Subject, string Body)
    {
        public Priority Priority { get; init; } = Priority.Low;

        public override string ToString() => $"{To}: {Subject} ✉";
    }

    public readonly struct Address
    {
        public Address(string value)
        {
            if (!value.Contains('@'))
            {
                throw new ArgumentException($"{value} is no address", nameof(value));
            }
            Value = value;
        }

        public string Value { get; }

        public static bool operator ==(Address a, Address b) => a.Value == b.Value;

        public static bool operator !=(Address a, Address b) => !(a == b);
    }

    public interface ITransport
    {
        Task SendAsync(Letter letter);
    }

    /// <summary>
    /// Sends letters, those of high priority first.
    /// </summary>
    [Serializable]
    public sealed class Mailer : IDisposable
    {
        private const int MaxAttempts = 3;
        private readonly ITransport _transport;
        private readonly List<Letter> _waiting = new();

        public event Sent? OnSent;

        public Mailer(ITransport transport)
        {
            _transport = transport ?? throw new ArgumentNullException(nameof(transport));
        }

        ~Mailer()
        {
            Dispose();
        }

        public int Count => _waiting.Count;

        public Letter this[int index] => _waiting[index];

        public void Add(Letter letter) => _waiting.Add(letter);

        /// <summary>Sends all that wait; the number of letters that went out.</summary>
        public async Task<int> SendAllAsync()
        {
            async Task<bool> TrySend(Letter letter)
            {
                for (var attempt = 1; attempt <= MaxAttempts; attempt++)
                {
                    try
                    {
                        await _transport.SendAsync(letter);
                        OnSent?.Invoke(letter);
                        return true;
                    }
                    catch (TimeoutException) when (attempt < MaxAttempts)
                    {
                        await Task.Delay(attempt * 100);
                    }
                }
                return false;
            }

            var done = 0;
            foreach (var letter in _waiting.OrderByDescending(l => l.Priority))
            {
                done += await TrySend(letter) ? 1 : 0;
            }
            return done;
        }

        public void Dispose()
        {
            _waiting.Clear();
            GC.SuppressFinalize(this);
        }
    }
}
