defprotocol Ledger.Render do
  @doc "How a value is shown."
  def render(value)
end

defmodule Ledger do
  @moduledoc """
  Books amounts on accounts. Beträge sind ganze Cent.
  """

  alias Ledger.Entry

  @limit 1_000_000

  defstruct entries: [], closed: false

  @type t :: %__MODULE__{entries: [Entry.t()], closed: boolean()}

  defmodule Entry do
    @moduledoc "One amount on one account."

    @enforce_keys [:account, :amount]
    defstruct [:account, :amount, note: ""]

    @type t :: %__MODULE__{account: String.t(), amount: integer(), note: String.t()}

    @doc "Makes an entry from a line such as `cash; 250; tea ☕`."
    @spec parse(String.t()) :: {:ok, t()} | :error
    def parse(line) do
      with [account, amount | note] <- String.split(line, ";", parts: 3),
           {cents, ""} <- amount |> String.trim() |> Integer.parse() do
        {:ok, %__MODULE__{account: String.trim(account), amount: cents, note: Enum.join(note)}}
      else
        _ -> :error
      end
    end
  end

  defguard is_small(amount) when is_integer(amount) and abs(amount) < @limit

  defmacro book!(ledger, line) do
    quote do
      {:ok, entry} = Ledger.Entry.parse(unquote(line))
      Ledger.book(unquote(ledger), entry)
    end
  end

  @doc """
  Books an entry.

  Amounts over the limit are refused.
  """
  @spec book(t(), Entry.t()) :: t()
  def book(%__MODULE__{closed: true}, _entry), do: raise(ArgumentError, "the ledger is closed")

  def book(ledger, %Entry{amount: amount} = entry) when is_small(amount) do
    %{ledger | entries: [entry | ledger.entries]}
  end

  # Only what is on the account counts.
  def balance(ledger, account) do
    ledger.entries
    |> Enum.filter(&on_account?(&1, account))
    |> Enum.map(& &1.amount)
    |> Enum.sum()
  end

  def close(ledger), do: %{ledger | closed: true}

  defp on_account?(entry, account), do: entry.account == account

  def left <~> right do
    left.entries ++ right.entries
  end
end

defimpl Ledger.Render, for: Ledger do
  def render(ledger) do
    Enum.map_join(ledger.entries, "\n", fn entry -> "#{entry.account}: #{entry.amount} ¢" end)
  end
end
