package org.example.weather

import kotlin.math.roundToInt

/** Temperatures in °C, unless a name says otherwise. */
const val FREEZING = 0.0

typealias Reader = (String) -> Reading?

/** One reading of a station. */
data class Reading(val station: String, val celsius: Double) {
    val fahrenheit: Int
        get() = (celsius * 9 / 5 + 32).roundToInt()

    companion object {
        fun parse(line: String): Reading? {
            val (station, value) = line.split(';').takeIf { it.size == 2 } ?: return null
            return value.toDoubleOrNull()?.let { Reading(station.trim(), it) }
        }
    }
}

sealed interface Forecast {
    val text: String

    fun isBad(): Boolean
}

enum class Sky(val sign: String) {
    CLEAR("☀"),
    CLOUDY("☁");

    fun describe(): String = "$sign ${name.lowercase()}"
}

class Sunny(override val text: String = "Sonne, schön") : Forecast {
    override fun isBad() = false
}

object Stations {
    private val known = mutableMapOf<String, MutableList<Reading>>()

    @Synchronized
    fun add(reading: Reading) {
        known.getOrPut(reading.station) { mutableListOf() }.add(reading)
    }

    /** The mean of all readings of a station, null if there is none. */
    fun mean(station: String): Double? =
        known[station]?.takeIf { it.isNotEmpty() }?.map { it.celsius }?.average()
}

class Watch(private val limit: Double) {
    private var alarms = 0

    constructor(limit: String) : this(limit.toDouble())

    inner class Alarm(val reading: Reading) {
        fun ring() {
            alarms++
            println("${reading.station}: ${reading.celsius} is under $limit")
        }
    }

    fun check(readings: Iterable<Reading>): List<Alarm> {
        val found = readings.filter { it.celsius < limit }.map { Alarm(it) }
        found.forEach { it.ring() }
        return found
    }
}

/** Reads what can be read, and says how many lines could not. */
fun readAll(lines: Sequence<String>, reader: Reader = Reading::parse): Pair<List<Reading>, Int> {
    fun isComment(line: String) = line.startsWith("#")

    var bad = 0
    val readings = lines.filterNot(::isComment).mapNotNull { line ->
        reader(line) ?: run {
            bad++
            null
        }
    }.toList()
    return readings to bad
}

fun Reading.isFrost(): Boolean = celsius <= FREEZING
