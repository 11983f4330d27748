# frozen_string_literal: true

require 'set'

# Tags for texts. Umlaute wie ä, ö, ü zählen als Buchstaben.
module Text
  VERSION = '1.2.0'

  Match = Struct.new(:tag, :from, :to)

  class Error < StandardError; end

  # Finds tags by their words.
  class Tagger
    include Enumerable

    attr_reader :tags

    # Reads tags from lines like `fruit: apple, pear`.
    def self.load(lines)
      new.tap do |tagger|
        lines.each do |line|
          name, words = line.split(':', 2)
          raise Error, "no words for #{name}" if words.nil?

          tagger.add(name.strip.to_sym, words.split(',').map(&:strip))
        end
      end
    end

    class << self
      def default
        @default ||= load(["fruit: apple, pear", "drink: tea, café"])
      end
    end

    def initialize
      @tags = Hash.new { |hash, key| hash[key] = Set.new }
    end

    def add(name, words)
      @tags[name].merge(words.map(&:downcase))
      self
    end

    def each(&block)
      return enum_for(:each) unless block

      @tags.each_key(&block)
    end

    def [](name)
      @tags.fetch(name) { raise Error, <<~MESSAGE }
        There is no tag #{name}.
        Known tags: #{@tags.keys.join(', ')}.
      MESSAGE
    end

    def empty?
      @tags.empty?
    end

    %w[first last].each do |edge|
      define_method(:"#{edge}_tag") { @tags.keys.public_send(edge) }
    end

    define_method(:size) { @tags.size }

    private

    def words_of(text)
      text.scan(/[[:alpha:]]+/).map(&:downcase)
    end
  end

  module_function

  # Counts how often each tag's words are in the text.
  def count(text, tagger: Tagger.default)
    words = text.downcase.scan(/[[:alpha:]]+/).tally
    tagger.to_h do |tag|
      [tag, tagger[tag].sum { |word| words.fetch(word, 0) }]
    end
  end
end

def main
  puts Text.count(ARGF.read).inspect
end

main if $PROGRAM_NAME == __FILE__
